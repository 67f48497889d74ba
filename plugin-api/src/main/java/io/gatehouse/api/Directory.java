package io.gatehouse.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consumers, their credentials and their groups in the exchange's own snapshot. Look things up when needed and do not
 * keep them: the next exchange may belong to another configuration.
 *
 * <p>Implemented by the gateway only; any thread; never blocks.
 */
public interface Directory {
    /**
     * The credential that a client's key names, or null. The look-up is by hash, so that its time tells nothing about
     * the key. One whose time to live is over is not found.
     *
     * @param type the collection: {@code keyauth_credentials} and {@code jwt_secrets} are found by their {@code key},
     *     {@code basicauth_credentials} and {@code hmacauth_credentials} by {@code username}, {@code oauth2_credentials}
     *     by {@code client_id}
     */
    @Nullable
    Credential credential(String type, String key);

    /**
     * All credentials of one type that a consumer has, in the order of the configuration. For what is not looked up by a
     * key, such as {@code acls}, whose field {@code group} is a word for the consumer.
     *
     * @param type the collection
     */
    List<Credential> credentials(String type, Consumer consumer);

    /** The consumer with this id or username, or null. */
    @Nullable
    Consumer consumer(String idOrUsername);

    /** The consumer groups that a consumer is in, by name. */
    List<ConsumerGroup> groups(Consumer consumer);
}

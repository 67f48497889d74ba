package io.gatehouse.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consumers and credentials of the exchange's own snapshot. Look things up when needed and do not keep them: the next
 * exchange may belong to another configuration.
 *
 * <p>Implemented by the gateway only; any thread.
 */
public interface Directory {
    /**
     * The credential with this key, or null. The look-up is by hash, so that its time tells nothing about the key.
     *
     * @param type the collection, such as {@code keyauth_credentials}
     */
    @Nullable
    Credential credential(String type, String key);

    /** The consumer with this id or username, or null. */
    @Nullable
    Consumer consumer(String idOrUsername);

    /** The consumer groups that a consumer is in, by name. */
    List<ConsumerGroup> groups(Consumer consumer);
}

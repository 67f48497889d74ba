package io.gatehouse.api;

import io.gatehouse.api.config.Secret;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A credential of a consumer: what an auth plugin finds by what the client sent, and checks the rest with.
 *
 * <pre>{@code
 * Credential credential = exchange.directory().credential("basicauth_credentials", username);
 * if (credential == null || !matches(credential.secret("password"), password)) {
 *     return Future.succeededFuture(Response.error(401, "Unauthorized"));
 * }
 * exchange.authenticate(credential.consumer(), credential);
 * }</pre>
 *
 * <p>Immutable; any thread.
 */
public final class Credential {
    private final String id;
    private final String type;
    private final Consumer consumer;
    private final Map<String, Object> fields;
    private final Map<String, Secret> secrets;

    /**
     * A credential without secrets.
     *
     * @param type the collection it comes from, such as {@code keyauth_credentials}
     * @param fields what else it holds and is no secret
     */
    public Credential(String id, String type, Consumer consumer, Map<String, ?> fields) {
        this(id, type, consumer, fields, Map.of());
    }

    /**
     * A credential.
     *
     * @param type the collection it comes from, such as {@code jwt_secrets}
     * @param fields what it holds and is no secret: strings, numbers, booleans and lists of these
     * @param secrets what it holds and is secret; a secret that it is looked up by is not among them
     */
    public Credential(String id, String type, Consumer consumer, Map<String, ?> fields, Map<String, Secret> secrets) {
        this.id = id;
        this.type = type;
        this.consumer = consumer;
        this.fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        this.secrets = Map.copyOf(secrets);
    }

    /** Its id in the configuration. */
    public String id() {
        return id;
    }

    /** The collection it comes from, such as {@code keyauth_credentials}. */
    public String type() {
        return type;
    }

    /** Whose credential it is. */
    public Consumer consumer() {
        return consumer;
    }

    /** What it holds and is no secret, by the names of the file: strings, numbers, booleans and lists of these. */
    public Map<String, Object> fields() {
        return fields;
    }

    /** A field that holds a string, such as {@code algorithm} of {@code jwt_secrets}; null when it has none. */
    public @Nullable String text(String field) {
        return fields.get(field) instanceof String text ? text : null;
    }

    /** A field that is secret, such as {@code password} of {@code basicauth_credentials}; null when it has none. */
    public @Nullable Secret secret(String field) {
        return secrets.get(field);
    }

    /** Id and type; the rest is for nobody's log. */
    @Override
    public String toString() {
        return "Credential[" + type + " " + id + "]";
    }
}

package io.gatehouse.core.admin;

import io.vertx.core.json.JsonObject;
import java.util.Map;

/** An answer of the Admin API that is no success, in Kong's shape. Has no stack: it is a value that is thrown. */
final class AdminError extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final transient JsonObject body;

    private AdminError(int status, JsonObject body) {
        super(body.getString("message"), null, false, false);
        this.status = status;
        this.body = body;
    }

    /** A status and a text. */
    static AdminError of(int status, String message) {
        return new AdminError(status, new JsonObject().put("message", message));
    }

    /** There is no such thing. */
    static AdminError notFound() {
        return of(404, "Not found");
    }

    /** One of Kong's numbered errors. */
    static AdminError coded(int status, int code, String name, String message, Map<String, Object> fields) {
        return new AdminError(
                status,
                new JsonObject()
                        .put("code", code)
                        .put("name", name)
                        .put("message", message)
                        .put("fields", new JsonObject(fields)));
    }

    int status() {
        return status;
    }

    JsonObject body() {
        return body;
    }
}

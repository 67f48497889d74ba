package io.gatehouse.simulator;

import org.jspecify.annotations.Nullable;

/** An answer that is an error in OpenAI's shape. Made once per wrong request, so it carries no stack trace. */
final class ApiError extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;

    ApiError(int status, String message, String type, @Nullable String param, @Nullable String code) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    static ApiError badRequest(String message, @Nullable String param, @Nullable String code) {
        return new ApiError(400, message, "invalid_request_error", param, code);
    }

    /** The error that OpenAI sends with a status, where one is typical. */
    static ApiError of(int status) {
        return switch (status) {
            case 401 ->
                new ApiError(401, "Incorrect API key provided.", "invalid_request_error", null, "invalid_api_key");
            case 403 ->
                new ApiError(
                        403, "The project may not use this model.", "invalid_request_error", null, "model_not_found");
            case 404 ->
                new ApiError(404, "The model does not exist.", "invalid_request_error", null, "model_not_found");
            case 429 ->
                new ApiError(
                        429, "Rate limit reached, please try again later.", "requests", null, "rate_limit_exceeded");
            case 503 ->
                new ApiError(503, "The engine is currently overloaded.", "service_unavailable_error", null, null);
            default ->
                status >= 500
                        ? new ApiError(
                                status, "The server had an error processing the request.", "server_error", null, null)
                        : new ApiError(status, "The request was not accepted.", "invalid_request_error", null, null);
        };
    }

    int status() {
        return status;
    }

    /** The body: one object with the member {@code error}. */
    String json() {
        StringBuilder out = new StringBuilder(160).append("{\"error\":{\"message\":");
        String message = getMessage();
        Json.quote(out, message == null ? "" : message).append(",\"type\":");
        Json.quote(out, type).append(",\"param\":");
        nullable(out, param).append(",\"code\":");
        return nullable(out, code).append("}}").toString();
    }

    private static StringBuilder nullable(StringBuilder out, @Nullable String text) {
        return text == null ? out.append("null") : Json.quote(out, text);
    }
}

package io.gatehouse.core.exchange;

import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Errors as gRPC clients read them: no body, but a status of gRPC's own and a message in the head. */
final class GrpcErrors {
    static final String TYPE = "application/grpc";
    private static final CharSequence STATUS = HttpHeaders.createOptimized("grpc-status");
    private static final CharSequence MESSAGE = HttpHeaders.createOptimized("grpc-message");

    private GrpcErrors() {}

    /** Whether it is a gRPC client that waits for the answer. */
    static boolean wants(RequestHead request) {
        if (request.protocol().startsWith("HTTP/1")) {
            return false;
        }
        String type = request.headers().get(HttpHeaders.CONTENT_TYPE);
        return type != null
                && type.regionMatches(true, 0, TYPE, 0, TYPE.length())
                && !type.regionMatches(true, TYPE.length(), "-web", 0, 4);
    }

    /** Makes an error that has its message in its body such an error; one that is such already stays as it is. */
    static void translate(Response response) {
        if (!response.headers().contains(STATUS)) {
            write(response, message(response.body()));
        }
    }

    private static @Nullable String message(Body body) {
        if (body.length() == 0) {
            return null;
        }
        try {
            return JsonBytes.scan(body.bytes()).text("/message");
        } catch (JsonException e) {
            return body.bytes().toString();
        }
    }

    /** Makes a response such an error. */
    static Response write(Response response, @Nullable String message) {
        response.headers().set(HttpHeaders.CONTENT_TYPE, TYPE);
        response.headers().set(STATUS, Integer.toString(status(response.status())));
        if (message != null && !message.isEmpty()) {
            response.headers().set(MESSAGE, encoded(message));
        }
        return response.body(Body.empty());
    }

    static int status(int http) {
        return switch (http) {
            case 401 -> 16; // UNAUTHENTICATED
            case 403 -> 7; // PERMISSION_DENIED
            case 404 -> 5; // NOT_FOUND
            case 409 -> 6; // ALREADY_EXISTS
            case 429 -> 8; // RESOURCE_EXHAUSTED
            case 499 -> 1; // CANCELLED
            case 501 -> 12; // UNIMPLEMENTED
            case 502, 503 -> 14; // UNAVAILABLE
            case 504 -> 4; // DEADLINE_EXCEEDED
            default ->
                http >= 500
                        ? 13 // INTERNAL
                        : http >= 400
                                ? 3 // INVALID_ARGUMENT
                                : http >= 200 && http < 300 ? 0 : 2; // OK, UNKNOWN
        };
    }

    /** Printable ASCII stands for itself, all else for its bytes in percent-encoding. */
    static String encoded(String message) {
        StringBuilder text = new StringBuilder(message.length());
        for (byte b : message.getBytes(StandardCharsets.UTF_8)) {
            if (b >= ' ' && b <= '~' && b != '%') {
                text.append((char) b);
            } else {
                text.append('%')
                        .append(Character.toUpperCase(Character.forDigit(b >> 4 & 15, 16)))
                        .append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
            }
        }
        return text.toString();
    }
}

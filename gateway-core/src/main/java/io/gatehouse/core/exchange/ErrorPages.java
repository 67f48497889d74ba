package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's error answers, in Kong's formats. The one table from failures to statuses.
 *
 * <p>Immutable; any thread.
 */
public final class ErrorPages {
    private static final String JSON = "application/json";
    private static final String XML = "application/xml";
    private static final String HTML = "text/html";
    private static final String PLAIN = "text/plain";
    private static final String RETRY_AFTER_SECONDS = "5";

    /** An answer by the gateway itself, in the format that {@code Accept} asks for, JSON when it says nothing. */
    public Response gateway(LiveExchange exchange, int status, String message) {
        return render(exchange, status, message, accepted(exchange), null);
    }

    /** What the client sees of a gateway that has no room for its request: that it is worth trying again. */
    public Response overloaded(LiveExchange exchange, String problem) {
        Failure failure = Failure.of(FailureKind.OVERLOADED, problem);
        Response page = render(exchange, 503, "The gateway is overloaded", accepted(exchange), failure);
        page.headers().set(HeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
        return page;
    }

    /** What the client sees of a failure on the way to the upstream. */
    public Response failed(LiveExchange exchange, Failure failure) {
        return switch (failure.kind()) {
            case CONNECT, TLS, RESET, INVALID_RESPONSE, CANCELLED ->
                core(exchange, 502, "An invalid response was received from the upstream server", failure);
            case CONNECT_TIMEOUT, TIMEOUT, DEADLINE ->
                core(exchange, 504, "The upstream server is timing out", failure);
            case RESOLVE -> render(exchange, 503, "name resolution failed", accepted(exchange), failure);
            case OVERLOADED, SHUTDOWN -> core(exchange, 503, "The upstream server is currently unavailable", failure);
            case INVALID_REQUEST, CLIENT_GONE -> core(exchange, 400, "Bad request", failure);
            case PLUGIN -> core(exchange, 500, "An unexpected error occurred", failure);
        };
    }

    /** What the client sees when the name servers do not say where the upstream is, though it may exist. */
    public Response unresolved(LiveExchange exchange, String host, String problem, Failure failure) {
        String message = "failed the initial dns/balancer resolve for '" + host + "' with: " + problem;
        return render(exchange, 500, message, accepted(exchange), failure);
    }

    /** What the client sees of a broken plugin. */
    Response broken(LiveExchange exchange, String plugin, Throwable cause) {
        Failure failure = Failure.of(FailureKind.PLUGIN, plugin + ": " + cause);
        return render(exchange, 500, "An unexpected error occurred", accepted(exchange), failure);
    }

    /** A plugin's {@link Response#error} or {@link Response#failed} with its body written. */
    Response written(LiveExchange exchange, Response response) {
        if (!response.isUnwritten()) {
            return response;
        }
        Failure failure = response.failure();
        if (failure != null) {
            Response page = failed(exchange, failure);
            response.headers().set(HttpHeaders.CONTENT_TYPE, page.headers().get(HttpHeaders.CONTENT_TYPE));
            return response.status(page.status()).body(page.body());
        }
        String message = Objects.requireNonNullElse(response.errorMessage(), "");
        String type = accepted(exchange);
        response.headers().set(HttpHeaders.CONTENT_TYPE, type + "; charset=utf-8");
        return response.body(Body.of(text(type, message, exchange.id())));
    }

    /** An answer of the server's core: the request's own content type is the fall-back, plain text the last one. */
    private Response core(LiveExchange exchange, int status, String message, Failure failure) {
        String type = wanted(exchange.original().headers().get(HttpHeaders.ACCEPT));
        if (type == null) {
            type = wanted(exchange.original().headers().get(HttpHeaders.CONTENT_TYPE));
        }
        return render(exchange, status, message, type == null ? PLAIN : type, failure);
    }

    private static Response render(
            LiveExchange exchange, int status, String message, String type, @Nullable Failure failure) {
        MultiMap headers = HttpHeaders.headers();
        headers.set(HttpHeaders.CONTENT_TYPE, type + "; charset=utf-8");
        return Response.from(
                ResponseSource.GATEWAY, status, headers, Body.of(text(type, message, exchange.id())), failure);
    }

    private static String accepted(LiveExchange exchange) {
        String type = wanted(exchange.original().headers().get(HttpHeaders.ACCEPT));
        return type == null ? JSON : type;
    }

    /** The format for an {@code Accept} or {@code Content-Type} value: highest q first, then the first one. */
    static @Nullable String wanted(@Nullable String header) {
        if (header == null) {
            return null;
        }
        String best = null;
        double bestQuality = 0;
        for (String part : header.split(",", 20)) {
            String[] pieces = part.split(";", 10);
            String format = format(pieces[0].trim().toLowerCase(Locale.ROOT));
            double quality = quality(pieces);
            if (format != null && quality > bestQuality) {
                best = format;
                bestQuality = quality;
            }
        }
        return best;
    }

    private static @Nullable String format(String type) {
        return switch (type) {
            case JSON, "application/*", "*/*" -> JSON;
            case XML -> XML;
            case HTML -> HTML;
            case PLAIN, "text/*" -> PLAIN;
            default -> null;
        };
    }

    private static double quality(String[] pieces) {
        for (int i = 1; i < pieces.length; i++) {
            String piece = pieces[i].trim();
            if (piece.startsWith("q=")) {
                try {
                    return Double.parseDouble(piece.substring(2));
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 1;
    }

    private static Buffer text(String type, String message, String requestId) {
        return Buffer.buffer(
                switch (type) {
                    case JSON -> "{\n  \"message\":\"" + message + "\",\n  \"request_id\":\"" + requestId + "\"\n}";
                    case XML ->
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>\n  <message>" + message
                                + "</message>\n  <requestid>" + requestId + "</requestid>\n</error>\n";
                    case HTML ->
                        "<!doctype html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n    <title>Error</title>\n"
                                + "  </head>\n  <body>\n    <h1>Error</h1>\n    <p>" + message
                                + ".</p>\n    <p>request_id: " + requestId + "</p>\n  </body>\n</html>\n";
                    default -> message + "\nrequest_id: " + requestId + "\n";
                });
    }
}

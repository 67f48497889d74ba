package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's error answers, in Kong's formats. The one table from failures to statuses.
 *
 * <p>Kong has two ways to choose the format, and so has this. Errors of the router and of plugins take {@code Accept}, and
 * JSON when it is missing. Errors of the server's core (upstreams that fail, requests that are none or too large) take
 * {@code Accept}, else the request's own {@code Content-Type}, else the default type. A gRPC client gets neither, but its
 * own kind of error; one of the core's that comes over HTTP/1 is told the bare message.
 *
 * <p>Immutable; any thread.
 */
public final class ErrorPages {
    private static final String RETRY_AFTER_SECONDS = "5";

    private static final Page BARE = new Page(ErrorFormat.JSON.contentType(), ErrorTemplate.of("{\"message\":\"%s\"}"));

    private final ErrorFormat usual;
    private final Map<ErrorFormat, Page> pages = new EnumMap<>(ErrorFormat.class);

    /** What an error looks like. */
    record Page(String contentType, ErrorTemplate template) {}

    /**
     * @param usual the format of the core's errors when the request says nothing
     * @param own templates that take the place of Kong's
     */
    public ErrorPages(ErrorFormat usual, Map<ErrorFormat, ErrorTemplate> own) {
        this.usual = usual;
        for (ErrorFormat format : ErrorFormat.values()) {
            ErrorTemplate template = own.get(format);
            pages.put(format, new Page(format.contentType(), template == null ? format.template() : template));
        }
    }

    /** An answer by the gateway itself, in the format that {@code Accept} asks for, JSON when it says nothing. */
    public Response gateway(LiveExchange exchange, int status, String message) {
        return made(exchange, status, message, accepted(exchange.original()), null);
    }

    /** An answer of the server's core. */
    public Response core(LiveExchange exchange, int status, String message) {
        return made(exchange, status, message, corePage(exchange.original().headers()), null);
    }

    /** What the client sees of a gateway that has no room for its request: that it is worth trying again. */
    public Response overloaded(LiveExchange exchange, String problem) {
        Failure failure = Failure.of(FailureKind.OVERLOADED, problem);
        Response page = made(exchange, 503, "The gateway is overloaded", accepted(exchange.original()), failure);
        page.headers().set(HeaderNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
        return page;
    }

    /** What the client sees of a failure on the way to the upstream. */
    public Response failed(LiveExchange exchange, Failure failure) {
        Page core = corePage(exchange.original().headers());
        return switch (failure.kind()) {
            case CONNECT, TLS, RESET, INVALID_RESPONSE, CANCELLED ->
                made(exchange, 502, "An invalid response was received from the upstream server", core, failure);
            case CONNECT_TIMEOUT, TIMEOUT, DEADLINE ->
                made(exchange, 504, "The upstream server is timing out", core, failure);
            case RESOLVE -> made(exchange, 503, "name resolution failed", accepted(exchange.original()), failure);
            case OVERLOADED, SHUTDOWN ->
                made(exchange, 503, "The upstream server is currently unavailable", core, failure);
            case INVALID_REQUEST, CLIENT_GONE -> made(exchange, 400, "Bad request", core, failure);
            case PLUGIN -> made(exchange, 500, "An unexpected error occurred", core, failure);
        };
    }

    /** What the client sees when a try failed and no address is left for another one. */
    public Response nobodyLeft(LiveExchange exchange, Failure failure) {
        return made(
                exchange,
                503,
                "The upstream server is currently unavailable",
                corePage(exchange.original().headers()),
                failure);
    }

    /** What the client sees when the name servers do not say where the upstream is, though it may exist. */
    public Response unresolved(LiveExchange exchange, String host, String problem, Failure failure) {
        String message = "failed the initial dns/balancer resolve for '" + host + "' with: " + problem;
        return made(exchange, 500, message, accepted(exchange.original()), failure);
    }

    /** What the client sees of a broken plugin. */
    Response broken(LiveExchange exchange, String plugin, Throwable cause) {
        Failure failure = Failure.of(FailureKind.PLUGIN, plugin + ": " + cause);
        return made(exchange, 500, "An unexpected error occurred", accepted(exchange.original()), failure);
    }

    /** A plugin's {@link Response#error} or {@link Response#failed} with its body written. */
    Response written(LiveExchange exchange, Response response) {
        if (!response.isUnwritten()) {
            return response;
        }
        Failure failure = response.failure();
        if (failure != null) {
            Response page = failed(exchange, failure);
            for (Map.Entry<String, String> header : page.headers()) {
                response.headers().set(header.getKey(), header.getValue());
            }
            return response.status(page.status()).body(page.body());
        }
        String message = Objects.requireNonNullElse(response.errorMessage(), "");
        String own = response.headers().get(HttpHeaders.CONTENT_TYPE);
        Page look = own == null ? accepted(exchange.original()) : page(ErrorFormat.wanted(own));
        return write(response, exchange.original(), exchange.id(), message, look);
    }

    /** Makes a plugin's own error readable for the client of this request: gRPC clients do not look into bodies. */
    static void adapt(Response response, RequestHead request) {
        if (response.source() == ResponseSource.PLUGIN
                && response.status() >= 400
                && response.body().isBuffered()
                && GrpcErrors.wants(request)) {
            GrpcErrors.translate(response);
        }
    }

    /**
     * The body of an answer to what never becomes an exchange, and its type.
     *
     * @param headers what is known of the request's headers
     */
    public Buffer refusal(MultiMap headers, String id, String message, MultiMap answer) {
        Page look = corePage(headers);
        answer.set(HttpHeaders.CONTENT_TYPE, look.contentType());
        return look.template().fill(message, id);
    }

    private Response made(LiveExchange exchange, int status, String message, Page look, @Nullable Failure failure) {
        Response made = Response.from(ResponseSource.GATEWAY, status, HttpHeaders.headers(), Body.empty(), failure);
        return write(made, exchange.original(), exchange.id(), message, look);
    }

    /** Writes an error's body and the headers that belong to it. */
    Response write(Response error, RequestHead request, String id, String message, Page look) {
        if (GrpcErrors.wants(request)) {
            return GrpcErrors.write(error, message);
        }
        error.headers().set(HttpHeaders.CONTENT_TYPE, look.contentType());
        return error.body(Body.of(look.template().fill(message, id)));
    }

    Page page(ErrorFormat format) {
        return Objects.requireNonNull(pages.get(format));
    }

    private Page accepted(RequestHead request) {
        List<String> accept = request.headers().getAll(HttpHeaders.ACCEPT);
        return page(accept.isEmpty() ? ErrorFormat.JSON : ErrorFormat.wanted(String.join(",", accept)));
    }

    private Page corePage(MultiMap headers) {
        String accept = headers.get(HttpHeaders.ACCEPT);
        String wanted = accept == null ? headers.get(HttpHeaders.CONTENT_TYPE) : accept;
        if (wanted == null) {
            return page(usual);
        }
        return wanted.startsWith(GrpcErrors.TYPE) ? BARE : page(ErrorFormat.wanted(wanted));
    }
}

package io.gatehouse.core.balancer;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.gatehouse.core.entity.UpstreamEntity;
import io.gatehouse.core.routing.QueryArguments;
import io.gatehouse.core.routing.RequestPath;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What of a request is hashed: the first of two things that is there. Immutable. */
final class HashInput {
    private final Part first;
    private final Part second;
    private final @Nullable String cookie;
    private final String cookiePath;

    private record Part(String of, String name) {}

    HashInput(UpstreamEntity upstream) {
        this.first = new Part(
                upstream.hashOn(),
                name(
                        upstream.hashOn(),
                        upstream.hashOnHeader(),
                        upstream.hashOnCookie(),
                        upstream.hashOnQueryArg(),
                        upstream.hashOnUriCapture()));
        this.second = new Part(
                upstream.hashFallback(),
                name(
                        upstream.hashFallback(),
                        upstream.hashFallbackHeader(),
                        upstream.hashOnCookie(),
                        upstream.hashFallbackQueryArg(),
                        upstream.hashFallbackUriCapture()));
        this.cookie = upstream.hashOnCookie();
        this.cookiePath = upstream.hashOnCookiePath();
    }

    private static String name(
            String of,
            @Nullable String header,
            @Nullable String cookie,
            @Nullable String argument,
            @Nullable String capture) {
        String name = switch (of) {
            case "header" -> header;
            case "cookie" -> cookie;
            case "query_arg" -> argument;
            case "uri_capture" -> capture;
            default -> "";
        };
        return Objects.requireNonNullElse(name, "");
    }

    /** The hash of a request, and the cookie that the client must be given to get the same one next time. */
    HashKey of(Exchange exchange, Request request) {
        String value = value(first, exchange, request);
        if (value == null && !first.of().equals("cookie")) {
            value = value(second, exchange, request);
        }
        if (value == null && (first.of().equals("cookie") || second.of().equals("cookie"))) {
            String made = UUID.randomUUID().toString();
            return new HashKey(
                    XxHash32.of(made), cookie + '=' + made + "; Path=" + cookiePath + "; Same-Site=Lax; HttpOnly");
        }
        return new HashKey(XxHash32.of(value == null ? "" : value), null);
    }

    private static @Nullable String value(Part part, Exchange exchange, Request request) {
        return switch (part.of()) {
            case "consumer" -> consumer(exchange);
            case "ip" -> exchange.clientAddress();
            case "header" -> text(joined(request.headers().getAll(part.name()), ", "));
            case "cookie" -> text(cookie(request, part.name()));
            case "path" -> RequestPath.unescaped(exchange.original().path());
            case "query_arg" -> argument(exchange, part.name());
            case "uri_capture" -> exchange.uriCaptures().get(part.name());
            default -> null;
        };
    }

    /** Of a text the bytes in UTF-8 are hashed: of a header in UTF-8, so, those that came. */
    private static @Nullable String text(@Nullable String header) {
        return header == null ? null : WireText.decode(header);
    }

    private static @Nullable String consumer(Exchange exchange) {
        Consumer consumer = exchange.consumer();
        if (consumer != null) {
            return consumer.id();
        }
        Credential credential = exchange.credential();
        return credential == null ? null : credential.id();
    }

    private static @Nullable String cookie(Request request, String name) {
        for (String header : request.headers().getAll(HttpHeaders.COOKIE)) {
            String value = cookie(header, name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** The value of the first cookie of that name, as nginx finds it: in any letter case, behind a comma too. */
    private static @Nullable String cookie(String header, String name) {
        int at = 0;
        while (at < header.length()) {
            if (header.regionMatches(true, at, name, 0, name.length())) {
                int equals = behindBlanks(header, at + name.length());
                if (equals < header.length() && header.charAt(equals) == '=') {
                    int from = behindBlanks(header, equals + 1);
                    int end = header.indexOf(';', from);
                    return header.substring(from, end < 0 ? header.length() : end);
                }
            }
            while (at < header.length() && header.charAt(at) != ';' && header.charAt(at) != ',') {
                at++;
            }
            at = behindBlanks(header, at + 1);
        }
        return null;
    }

    private static int behindBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at;
    }

    private static @Nullable String argument(Exchange exchange, String name) {
        String query = exchange.original().query();
        if (query == null || query.isEmpty()) {
            return null;
        }
        List<String> values = QueryArguments.of(query, "true").all(name);
        return values.isEmpty()
                ? null
                : values.size() == 1 ? values.get(0) : values.stream().sorted().collect(Collectors.joining(","));
    }

    private static @Nullable String joined(List<String> values, String separator) {
        return values.isEmpty() ? null : values.size() == 1 ? values.get(0) : String.join(separator, values);
    }
}

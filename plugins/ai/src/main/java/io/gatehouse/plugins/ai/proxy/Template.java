package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text with expressions such as {@code $(headers.x)}, resolved for each request. The value of an expression comes from
 * the client, so within a URL it stays where it stands: it adds no host, query or step upwards.
 */
final class Template {
    /** Where the result goes, which decides what a value may hold. */
    enum Use {
        /** A JSON string or the like, escaped by whoever writes it. */
        TEXT,
        /** A URL or a path. */
        URL
    }

    private static final String PATH_SAFE = "-._~!$&'()*+,;=:@/%";

    private final Use use;
    private final List<Part> parts;

    private Template(Use use, List<Part> parts) {
        this.use = use;
        this.parts = parts;
    }

    /** @param fault the text of the refusal that a broken expression causes; null for a literal or a good expression */
    private record Part(
            String literal,
            @Nullable String source,
            String key,
            HeaderName header,
            boolean inAuthority,
            @Nullable String fault) {}

    /** The template of a text, or null when there is nothing to resolve in it. */
    static @Nullable Template of(String text, Use use) {
        if (!text.contains("$(")) {
            return null;
        }
        List<Part> parts = new ArrayList<>();
        StringBuilder before = new StringBuilder();
        int from = 0;
        while (true) {
            int start = text.indexOf("$(", from);
            int end = start < 0 ? -1 : text.indexOf(')', start);
            if (end < 0) {
                parts.add(new Part(text.substring(from), null, "", HeaderName.of(""), false, null));
                return new Template(use, List.copyOf(parts));
            }
            String literal = text.substring(from, start);
            before.append(literal);
            parts.add(part(literal, text.substring(start, end + 1), before));
            before.append('x');
            from = end + 1;
        }
    }

    private static Part part(String literal, String raw, CharSequence before) {
        String expression = raw.substring(2, raw.length() - 1);
        int dot = expression.indexOf('.');
        String source = dot < 0 ? "" : expression.substring(0, dot);
        String key = expression.substring(dot + 1);
        String fault = null;
        if (source.isEmpty() || key.isEmpty() || key.indexOf('.') >= 0) {
            fault = "cannot parse expression for field '" + raw + "'";
        } else if (!source.equals("headers") && !source.equals("uri_captures") && !source.equals("query_params")) {
            fault = "source '" + source + "' is not supported";
        }
        String prefix = before.toString();
        int scheme = prefix.indexOf("://");
        return new Part(
                literal, source, key, HeaderName.of(key), scheme >= 0 && prefix.indexOf('/', scheme + 3) < 0, fault);
    }

    /**
     * Whether a URL starts with its scheme written out: the caller of a request must not choose it.
     */
    static boolean startsWithScheme(String url) {
        return url.startsWith("https://") || url.startsWith("http://");
    }

    /** @throws Refusal when an expression is broken or has no value */
    String resolve(Exchange exchange) {
        StringBuilder out = new StringBuilder();
        for (Part part : parts) {
            out.append(part.literal);
            String source = part.source;
            if (part.fault != null) {
                throw Refusal.badRequest(part.fault);
            }
            if (source == null) {
                continue;
            }
            String value = value(exchange, source, part);
            if (value == null) {
                throw Refusal.badRequest(source + " key " + part.key + " was not provided");
            }
            if (use == Use.TEXT) {
                out.append(value);
            } else if (part.inAuthority) {
                appendHost(out, value, part);
            } else {
                appendPath(out, value);
            }
        }
        String resolved = out.toString();
        if (use == Use.URL && Paths.climbs(resolved)) {
            throw Refusal.badRequest(Paths.CLIMBS);
        }
        return resolved;
    }

    private static @Nullable String value(Exchange exchange, String source, Part part) {
        return switch (source) {
            case "headers" -> {
                String value = part.header.first(exchange.original().headers());
                yield value == null ? null : WireText.decode(value);
            }
            case "uri_captures" -> exchange.uriCaptures().get(part.key);
            default -> Queries.first(exchange.original().query(), part.key);
        };
    }

    private static void appendHost(StringBuilder out, String value, Part part) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.')) {
                throw Refusal.badRequest(part.source + " key " + part.key + " does not fit into a host name");
            }
        }
        out.append(value);
    }

    private static void appendPath(StringBuilder out, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || PATH_SAFE.indexOf(c) >= 0) {
                out.append(c);
            } else {
                int whole = Character.isHighSurrogate(c) && i + 1 < value.length() ? i + 2 : i + 1;
                out.append(Arguments.encode(value.substring(i, whole)));
                i = whole - 1;
            }
        }
    }
}

package io.gatehouse.core.routing;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Something of a request that an expression can ask for. */
sealed interface ExpressionField {
    /** A text. */
    sealed interface OfText extends ExpressionField {}

    /** A text that a request has once or not at all. */
    non-sealed interface One extends OfText {
        @Nullable
        String value(ExpressionFacts facts);
    }

    /** A text that a request may have several times. */
    non-sealed interface Several extends OfText {
        Iterable<String> values(ExpressionFacts facts);
    }

    /** A number; negative when the request has none. */
    non-sealed interface OfNumber extends ExpressionField {
        long value(ExpressionFacts facts);
    }

    /** An address; null when the request has none. */
    non-sealed interface OfAddress extends ExpressionField {
        byte @Nullable [] value(ExpressionFacts facts);
    }

    /** The method. */
    One METHOD = facts -> facts.request().method();

    /** The host without its port; an IPv6 address stands in brackets, as in the header. */
    One HOST = facts -> {
        String host = facts.request().host();
        return host.indexOf(':') < 0 ? host : '[' + host + ']';
    };

    /** The normalised path. */
    One PATH = facts -> facts.request().path();

    /** The server name of TLS, which comes in lower case. */
    One SERVER_NAME = facts -> facts.request().sni();

    /** The port of the {@code Host} header, else the listener's. */
    OfNumber DESTINATION_PORT = facts -> facts.request().destinationPort();

    /** All names, for messages. */
    String NAMES = "net.protocol, tls.sni, http.method, http.host, http.path, http.path.segments.N,"
            + " http.path.segments.N_M, http.path.segments.len, http.headers.name, http.queries.name, net.src.ip,"
            + " net.src.port, net.dst.ip, net.dst.port";

    /** Begins the names of what the path consists of. */
    String SEGMENTS = "http.path.segments.";

    /** The field of this name; null when there is none. */
    static @Nullable ExpressionField of(String name) {
        ExpressionField plain = Plain.FIELDS.get(name);
        if (plain != null) {
            return plain;
        }
        String last = name.substring(name.lastIndexOf('.') + 1);
        if (last.isEmpty()) {
            return null;
        }
        return switch (name.substring(0, name.length() - last.length())) {
            case "http.headers." -> Header.of(last);
            case "http.queries." -> (Several) facts -> facts.query(last);
            case SEGMENTS -> segment(last);
            default -> null;
        };
    }

    /**
     * A header. A name has no dash: its underscores stand for dashes, unless the request has the name with underscores.
     */
    record Header(String written, String dashed) implements Several {
        static Header of(String name) {
            String written = name.toLowerCase(Locale.ROOT);
            return new Header(written, written.replace('_', '-'));
        }

        @Override
        public Iterable<String> values(ExpressionFacts facts) {
            RequestFacts request = facts.request();
            return request.headers(request.header(written) == null ? dashed : written);
        }
    }

    private static @Nullable One segment(String place) {
        Matcher matcher = Plain.SEGMENT.matcher(place);
        if (!matcher.matches()) {
            return null;
        }
        int first = Integer.parseInt(matcher.group(1));
        if (matcher.group(2) == null) {
            return facts -> first < facts.segments().size() ? facts.segments().get(first) : null;
        }
        int last = Integer.parseInt(matcher.group(2));
        if (first >= last) {
            return null;
        }
        return facts -> {
            List<String> all = facts.segments();
            return last < all.size() ? String.join("/", all.subList(first, last + 1)) : null;
        };
    }

    /** The fields without a part of their own. */
    final class Plain {
        private static final Pattern SEGMENT = Pattern.compile("(0|[1-9][0-9]{0,4})(?:_([1-9][0-9]{0,4}))?");

        private static final Map<String, ExpressionField> FIELDS = Map.ofEntries(
                Map.entry("net.protocol", (One) ExpressionFacts::protocol),
                Map.entry("tls.sni", SERVER_NAME),
                Map.entry("http.method", METHOD),
                Map.entry("http.host", HOST),
                Map.entry("http.path", PATH),
                Map.entry("http.path.segments.len", (OfNumber)
                        facts -> facts.segments().size()),
                Map.entry("net.src.ip", (OfAddress) facts -> facts.request().sourceAddress()),
                Map.entry("net.src.port", (OfNumber) facts -> facts.request().sourcePort()),
                Map.entry("net.dst.ip", (OfAddress) facts -> facts.request().destinationAddress()),
                Map.entry("net.dst.port", DESTINATION_PORT),
                Map.entry("net.port", DESTINATION_PORT)); // the older name

        private Plain() {}
    }
}

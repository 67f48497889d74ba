package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Scalars;
import io.gatehouse.core.schema.Credentials;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parts of the {@code url} shorthand of a service. */
record ServiceUrl(
        String protocol, String host, int port, @Nullable String path) {

    /** Where host and port end. */
    private static final Pattern END = Pattern.compile("[/?#]");

    /** What Kong leaves out of a url. */
    private static final Pattern QUERY = Pattern.compile("[?#].*", Pattern.DOTALL);

    private static final Set<String> PROTOCOLS = Set.of("http", "https", "grpc", "grpcs");

    static @Nullable ServiceUrl read(ConfigNode.Scalar node, Consumer<Problem> sink) {
        if (node.unresolved()) {
            return null;
        }
        String text = node.text();
        String shown = text.indexOf('@') < 0 ? node.shown() : Credentials.MASK; // there may be a password in it
        int scheme = text.indexOf("://");
        String protocol = scheme < 0 ? "" : text.substring(0, scheme);
        if (!PROTOCOLS.contains(protocol)) {
            sink.accept(Problem.error(
                    node,
                    "expected http://host[:port][/path], https://..., grpc://... or grpcs://... (got " + shown + ")"));
            return null;
        }
        String rest = text.substring(scheme + 3);
        Matcher end = END.matcher(rest);
        int after = end.find() ? end.start() : rest.length();
        String authority = rest.substring(0, after);
        if (authority.indexOf('@') >= 0) {
            sink.accept(Problem.error(
                    node, "a user and password are not sent (expected: http://host[:port][/path] without them)"));
            return null;
        }
        String path = rest.startsWith("/", after)
                ? QUERY.matcher(rest.substring(after)).replaceFirst("")
                : null;
        int colon = authority.startsWith("[") ? authority.indexOf("]:") + 1 : authority.indexOf(':');
        String host = colon > 0 ? authority.substring(0, colon) : authority;
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        Long port = protocol.endsWith("s") ? 443L : 80L;
        if (colon > 0) {
            String digits = authority.substring(colon + 1);
            port = digits.isEmpty() || digits.length() > 5 ? null : Scalars.parseLong(digits);
        }
        String wrong = Checks.upstreamHost(host);
        if (wrong == null && (port == null || port < 0 || port > 65535)) {
            wrong = "port: value should be between 0 and 65535";
        }
        if (wrong == null && path != null) {
            wrong = Checks.path(path);
        }
        if (wrong != null || port == null) {
            String message = String.valueOf(wrong).replace(Checks.VALUE, shown);
            sink.accept(Problem.error(node, message + " (got " + shown + ")"));
            return null;
        }
        return new ServiceUrl(protocol, host, port.intValue(), path);
    }
}

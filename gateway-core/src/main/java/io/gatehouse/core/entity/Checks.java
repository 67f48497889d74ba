package io.gatehouse.core.entity;

import io.gatehouse.api.RegexLimits;
import io.gatehouse.core.routing.ExpressionParser;
import io.gatehouse.core.routing.RequestPath;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Kong's rules for names, hosts and paths. Each yields what is wrong, or null. */
final class Checks {
    /** Stands for the value in a message, since a value that came from a variable must not be shown. */
    static final String VALUE = "\0";

    private static final int TARGET_PORT = 8000;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9.\\-_~\\x{80}-\\x{10FFFF}]+");
    private static final Pattern TAG = Pattern.compile("[\\x{20}-\\x{10FFFF}&&[^,/\\x7f]]+");
    private static final Pattern METHOD = Pattern.compile("[A-Z]+");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Pattern PATH = Pattern.compile("[A-Za-z0-9\\-._~!$&'()*+,;=:@/%]*");
    private static final Pattern PLAIN_PATH_BEFORE_3 = Pattern.compile("[A-Za-z0-9._~/%-]*");
    /** The likes of {@code %2E}. Others, such as {@code %2A}, are reserved and stay. */
    private static final Pattern ESCAPED_META = Pattern.compile("%(2D|2E|5C|5E|7B|7C|7D)", Pattern.CASE_INSENSITIVE);

    private Checks() {}

    static @Nullable String name(String name) {
        return NAME.matcher(name).matches()
                ? null
                : "invalid value '" + VALUE
                        + "': the only accepted ascii characters are alphanumerics or ., -, _, and ~";
    }

    static @Nullable String uuid(String id) {
        return Ids.isValid(id) ? null : "expected a valid UUID in lower case";
    }

    static @Nullable String tag(String tag) {
        return TAG.matcher(tag).matches()
                ? null
                : "invalid tag '" + VALUE + "': expected printable characters except ',' and '/'";
    }

    static @Nullable String headerName(String name) {
        if (name.equalsIgnoreCase("host")) {
            return "cannot contain 'host' header, which must be specified in the 'hosts' attribute";
        }
        return HEADER.matcher(name).matches() ? null : "invalid header name";
    }

    static @Nullable String method(String method) {
        return METHOD.matcher(method).matches() ? null : "invalid value: " + VALUE;
    }

    static @Nullable String anyHeaderName(String name) {
        return HEADER.matcher(name).matches() ? null : "invalid header name";
    }

    static @Nullable String cookieName(String name) {
        return HEADER.matcher(name).matches() ? null : "invalid cookie name";
    }

    /** The name of an upstream. */
    static @Nullable String upstreamName(String name) {
        HostText host = HostText.of(name);
        return switch (host.kind()) {
            case INVALID -> "Invalid name ('" + VALUE + "'); must be a valid hostname";
            case IPV4, IPV6 -> "Invalid name ('" + VALUE + "'); no ip addresses allowed";
            case NAME -> host.port() == null ? null : "Invalid name ('" + VALUE + "'); no port allowed";
        };
    }

    static @Nullable String target(String target) {
        return HostText.of(target).kind() == HostText.Kind.INVALID
                ? "Invalid target ('" + VALUE + "'); not a valid hostname or ip address"
                : null;
    }

    /** A target with the port that it has when it names none. */
    static String withPort(String target) {
        return HostText.of(target).formatted(TARGET_PORT);
    }

    static @Nullable String hostWithOptionalPort(String text) {
        HostText host = HostText.of(text);
        return host.kind() != HostText.Kind.INVALID
                ? null
                : host.badPort() ? "invalid port number" : "invalid hostname: " + VALUE;
    }

    /** A name in TLS. */
    static @Nullable String serverName(String text) {
        HostText host = HostText.of(text);
        return switch (host.kind()) {
            case INVALID -> host.badPort() ? "must not have a port" : "invalid value: " + VALUE;
            case IPV4, IPV6 -> "must not be an IP";
            case NAME -> host.port() == null ? null : "must not have a port";
        };
    }

    /** A name in TLS, with a wildcard at either end. */
    static @Nullable String wildcardHost(String text) {
        int star = text.indexOf('*');
        if (star >= 0) {
            if (star != 0 && star != text.length() - 1) {
                return "wildcard must be leftmost or rightmost character";
            }
            if (text.indexOf('*', star + 1) >= 0) {
                return "only one wildcard must be specified";
            }
        }
        return serverName(text.replace("*", "wildcard"));
    }

    /** A host that requests are sent to. */
    static @Nullable String upstreamHost(String text) {
        HostText host = HostText.of(text);
        if (host.badPort() || host.port() != null) {
            return "must not have a port";
        }
        return host.kind() == HostText.Kind.INVALID ? "invalid value: " + VALUE : null;
    }

    /** A host that requests are matched by: a wildcard at either end, a port. */
    static @Nullable String routeHost(String text) {
        int star = text.indexOf('*');
        if (star >= 0) {
            if (text.indexOf('*', star + 1) >= 0) {
                return "invalid wildcard: must have at most one wildcard";
            }
            boolean left = text.startsWith("*.") && text.length() > 2;
            boolean right = text.endsWith(".*") && text.length() > 2;
            if (!left && !right) {
                return "invalid wildcard: must be placed at leftmost or rightmost label";
            }
        }
        return hostWithOptionalPort(text.replace("*", "abc"));
    }

    /** A path that requests are sent to. */
    static @Nullable String path(String path) {
        if (!path.startsWith("/")) {
            return "should start with: /";
        }
        String wrong = segments(path);
        if (wrong == null) {
            wrong = escapes(path);
        }
        if (wrong == null && !PATH.matcher(path).matches()) {
            return "invalid path: '" + VALUE + "' (characters outside of the reserved list of RFC 3986 found)";
        }
        return wrong;
    }

    /** A path of a route: a prefix of whatever characters, or a regular expression after a tilde. */
    static @Nullable String routePath(String path) {
        boolean regex = path.startsWith("~/");
        if (!regex && !path.startsWith("/")) {
            return "should start with: / (fixed path) or ~/ (regex path)";
        }
        String wrong = segments(path);
        if (wrong != null) {
            return wrong;
        }
        return regex ? regex(path.substring(1)) : prefix(path);
    }

    private static @Nullable String prefix(String path) {
        String normal = RequestPath.normalise(path);
        if (normal == null) {
            return escapes(path);
        }
        if (normal.indexOf('\0') >= 0) {
            return "must not hold a NUL, which no request may";
        }
        return normal.equals(path) ? null : "non-normalized path, consider use '" + normal + "' instead";
    }

    private static @Nullable String segments(String path) {
        return path.contains("//") ? "must not have empty segments" : null;
    }

    private static @Nullable String escapes(String path) {
        for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 1)) {
            if (i + 2 >= path.length()
                    || Character.digit(path.charAt(i + 1), 16) < 0
                    || Character.digit(path.charAt(i + 2), 16) < 0) {
                return "invalid url-encoded value: '" + path.substring(i, Math.min(i + 3, path.length())) + "'";
            }
        }
        return null;
    }

    static @Nullable String regex(String expression) {
        try {
            RegexLimits.compile(expression, com.google.re2j.Pattern::compile);
            return null;
        } catch (IllegalArgumentException malformed) {
            return "invalid regex: " + malformed.getMessage();
        }
    }

    static @Nullable String expression(String expression) {
        String problem = ExpressionParser.problem(expression);
        return problem == null ? null : "Router Expression failed validation: " + problem;
    }

    /** What a path of a file before 3.0 means in 3.0, where paths are no more decoded. */
    static String upgraded(String path) {
        if (path.startsWith("~")) {
            return path;
        }
        boolean plain = PLAIN_PATH_BEFORE_3.matcher(path).matches();
        String now = plain ? RequestPath.normalise(path) : RequestPath.decode(literal(path));
        String good = now == null ? path : now; // a malformed one is refused as it was written
        return plain ? good : "~" + good;
    }

    /** Escapes of characters that are more than themselves in a regular expression. */
    private static String literal(String path) {
        return ESCAPED_META.matcher(path).replaceAll(found -> {
            char meta = (char) Integer.parseInt(found.group(1), 16);
            return Matcher.quoteReplacement("\\" + meta);
        });
    }
}

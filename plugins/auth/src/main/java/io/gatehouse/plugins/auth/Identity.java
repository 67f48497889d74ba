package io.gatehouse.plugins.auth;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The headers by which an upstream learns who the client is. An upstream trusts them, so a client's own copies never
 * pass: neither the plain names, nor spellings with underscores, which many servers read as the same header, nor a
 * {@code Connection} header that would make the gateway drop them on the way.
 */
public final class Identity {
    /** Tells the groups that a consumer has. */
    public static final CharSequence CONSUMER_GROUPS = HttpHeaders.createOptimized("X-Consumer-Groups");

    /** Tells the groups that an auth plugin found itself. */
    public static final CharSequence AUTHENTICATED_GROUPS = HttpHeaders.createOptimized("X-Authenticated-Groups");

    private static final CharSequence CONSUMER_ID = HttpHeaders.createOptimized("X-Consumer-ID");
    private static final CharSequence CONSUMER_CUSTOM_ID = HttpHeaders.createOptimized("X-Consumer-Custom-ID");
    private static final CharSequence CONSUMER_USERNAME = HttpHeaders.createOptimized("X-Consumer-Username");
    private static final CharSequence CREDENTIAL_IDENTIFIER = HttpHeaders.createOptimized("X-Credential-Identifier");
    private static final CharSequence ANONYMOUS = HttpHeaders.createOptimized("X-Anonymous-Consumer");
    private static final String CONNECTION = "Connection";

    /** What all of them begin with, and most others do not. */
    private static final String COMMON_PREFIX = "x-";

    private static final String[] GROUPS = {"x-consumer-groups", "x-authenticated-groups"};
    private static final String[] ALL = {
        "x-consumer-id",
        "x-consumer-custom-id",
        "x-consumer-username",
        "x-credential-identifier",
        "x-anonymous-consumer",
        GROUPS[0],
        GROUPS[1]
    };

    /** Some of the headers: whether a part of a text names one of them. */
    private interface Names {
        boolean has(String text, int from, int end);
    }

    private Identity() {}

    /**
     * Tells the upstream who the client is, and nothing else than that.
     *
     * @param credentialIdentifier what names the credential to the upstream; null for an anonymous consumer
     */
    public static void tell(Request request, Consumer consumer, @Nullable String credentialIdentifier) {
        clear(request);
        MultiMap headers = request.headers();
        headers.set(CONSUMER_ID, consumer.id());
        String customId = consumer.customId();
        if (customId != null) {
            headers.set(CONSUMER_CUSTOM_ID, printable(customId));
        }
        String username = consumer.username();
        if (username != null) {
            headers.set(CONSUMER_USERNAME, printable(username));
        }
        if (credentialIdentifier == null) {
            headers.set(ANONYMOUS, "true");
        } else {
            headers.set(CREDENTIAL_IDENTIFIER, printable(credentialIdentifier));
        }
    }

    /**
     * Tells the upstream in which groups the client is, and nothing else about groups.
     *
     * @param header {@link #CONSUMER_GROUPS} or {@link #AUTHENTICATED_GROUPS}
     * @param groups none to tell nothing
     */
    public static void tellGroups(Request request, CharSequence header, List<String> groups) {
        clear(request.headers(), Identity::isGroups);
        if (!groups.isEmpty()) {
            request.headers().set(header, printable(groups.size() == 1 ? groups.get(0) : String.join(", ", groups)));
        }
    }

    /** A name as a header can hold it: in UTF-8, with control characters as OpenResty writes them, percent-encoded. */
    static String printable(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (isControl(name.charAt(i))) {
                return WireText.encode(encoded(name));
            }
        }
        return WireText.encode(name);
    }

    private static String encoded(String name) {
        StringBuilder text = new StringBuilder(name.length() + 16);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (isControl(c)) {
                text.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    private static boolean isControl(char c) {
        return c < ' ' || c == 0x7F;
    }

    /** Removes every header that would tell the upstream who the client is. */
    public static void clear(Request request) {
        clear(request.headers(), Identity::isIdentity);
    }

    private static void clear(MultiMap headers, Names names) {
        List<String> found = null;
        boolean connection = false;
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (names.has(name, 0, name.length())) {
                if (found == null) {
                    found = new ArrayList<>();
                }
                found.add(name);
            } else if (name.equalsIgnoreCase(CONNECTION) && namesOne(header.getValue(), names)) {
                connection = true;
            }
        }
        if (found != null) {
            for (String name : found) {
                headers.remove(name);
            }
        }
        if (connection) {
            clearConnection(headers, names);
        }
    }

    private static boolean namesOne(String value, Names names) {
        for (int start = 0; start < value.length(); ) {
            int comma = comma(value, start);
            int from = skipSpace(value, start, comma);
            if (names.has(value, from, withoutSpace(value, from, comma))) {
                return true;
            }
            start = comma + 1;
        }
        return false;
    }

    private static void clearConnection(MultiMap headers, Names names) {
        StringBuilder kept = new StringBuilder();
        for (String value : headers.getAll(CONNECTION)) {
            for (int start = 0; start < value.length(); ) {
                int comma = comma(value, start);
                int from = skipSpace(value, start, comma);
                int end = withoutSpace(value, from, comma);
                if (from < end && !names.has(value, from, end)) {
                    kept.append(kept.isEmpty() ? "" : ", ").append(value, from, end);
                }
                start = comma + 1;
            }
        }
        headers.remove(CONNECTION);
        if (!kept.isEmpty()) {
            headers.set(CONNECTION, kept.toString());
        }
    }

    /** Where the member of a list that starts here ends. */
    private static int comma(String value, int start) {
        int comma = value.indexOf(',', start);
        return comma < 0 ? value.length() : comma;
    }

    private static int skipSpace(String value, int from, int end) {
        int at = from;
        while (at < end && isSpace(value.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int withoutSpace(String value, int from, int end) {
        int at = end;
        while (at > from && isSpace(value.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isIdentity(String text, int from, int end) {
        return isOneOf(ALL, text, from, end);
    }

    private static boolean isGroups(String text, int from, int end) {
        return isOneOf(GROUPS, text, from, end);
    }

    private static boolean isOneOf(String[] names, String text, int from, int end) {
        if (!startsWith(text, from, end, COMMON_PREFIX)) {
            return false;
        }
        for (String name : names) {
            if (end - from == name.length() && startsWith(text, from, end, name)) {
                return true;
            }
        }
        return false;
    }

    /** Compares without regard to case, and takes an underscore for a hyphen. */
    private static boolean startsWith(String text, int from, int end, String lowerCasePrefix) {
        if (end - from < lowerCasePrefix.length()) {
            return false;
        }
        for (int i = 0; i < lowerCasePrefix.length(); i++) {
            char c = text.charAt(from + i);
            if (c == '_') {
                c = '-';
            } else if (c >= 'A' && c <= 'Z') {
                c = (char) (c + ('a' - 'A'));
            }
            if (c != lowerCasePrefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}

package io.gatehouse.plugins.auth;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Request;
import io.vertx.core.MultiMap;
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
    private static final String CONSUMER_ID = "X-Consumer-ID";
    private static final String CONSUMER_CUSTOM_ID = "X-Consumer-Custom-ID";
    private static final String CONSUMER_USERNAME = "X-Consumer-Username";
    private static final String CREDENTIAL_IDENTIFIER = "X-Credential-Identifier";
    private static final String ANONYMOUS = "X-Anonymous-Consumer";
    private static final String CONNECTION = "Connection";

    private static final String CONSUMER_PREFIX = "x-consumer-";
    private static final String CREDENTIAL_PREFIX = "x-credential-";
    private static final String ANONYMOUS_NAME = "x-anonymous-consumer";

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
            headers.set(CONSUMER_CUSTOM_ID, customId);
        }
        String username = consumer.username();
        if (username != null) {
            headers.set(CONSUMER_USERNAME, username);
        }
        if (credentialIdentifier == null) {
            headers.set(ANONYMOUS, "true");
        } else {
            headers.set(CREDENTIAL_IDENTIFIER, credentialIdentifier);
        }
    }

    /** Removes every header that would tell the upstream who the client is. */
    public static void clear(Request request) {
        MultiMap headers = request.headers();
        List<String> found = null;
        boolean connection = false;
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (isIdentity(name, 0, name.length())) {
                if (found == null) {
                    found = new ArrayList<>();
                }
                found.add(name);
            } else if (name.equalsIgnoreCase(CONNECTION) && namesIdentity(header.getValue())) {
                connection = true;
            }
        }
        if (found != null) {
            for (String name : found) {
                headers.remove(name);
            }
        }
        if (connection) {
            clearConnection(headers);
        }
    }

    private static boolean namesIdentity(String value) {
        for (int start = 0; start < value.length(); ) {
            int end = tokenEnd(value, start);
            int from = skipSpace(value, start, end);
            if (isIdentity(value, from, end)) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    private static void clearConnection(MultiMap headers) {
        StringBuilder kept = new StringBuilder();
        for (String value : headers.getAll(CONNECTION)) {
            for (int start = 0; start < value.length(); ) {
                int end = tokenEnd(value, start);
                int from = skipSpace(value, start, end);
                if (from < end && !isIdentity(value, from, end)) {
                    kept.append(kept.isEmpty() ? "" : ", ").append(value, from, end);
                }
                start = end + 1;
            }
        }
        headers.remove(CONNECTION);
        if (!kept.isEmpty()) {
            headers.set(CONNECTION, kept.toString());
        }
    }

    private static int tokenEnd(String value, int start) {
        int comma = value.indexOf(',', start);
        return comma < 0 ? value.length() : comma;
    }

    private static int skipSpace(String value, int from, int end) {
        int at = from;
        while (at < end && (value.charAt(at) == ' ' || value.charAt(at) == '\t')) {
            at++;
        }
        return at;
    }

    private static boolean isIdentity(String text, int from, int end) {
        return startsWith(text, from, end, CONSUMER_PREFIX)
                || startsWith(text, from, end, CREDENTIAL_PREFIX)
                || startsWith(text, from, end, ANONYMOUS_NAME);
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

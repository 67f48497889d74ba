package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Request;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Route;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Under which keys answers are kept: Kong's, so that the same request has the same key there. They are made of bytes: what
 * reads as the same text may be two things to an upstream.
 */
final class CacheKey {
    /** Stands between a key and what makes a variant of it. */
    static final char VARIANT = ':';

    private CacheKey() {}

    /**
     * The headers by which answers may differ.
     *
     * @param sent those for the upstream, of the gateway and of plugins further out among them
     * @param original the client's, for what the upstream does not get
     */
    record Headers(MultiMap sent, MultiMap original) {
        static Headers of(Request request) {
            return new Headers(request.headers(), request.exchange().original().headers());
        }

        /** The same whatever becomes of the request. */
        Headers frozen() {
            return new Headers(MultiMap.caseInsensitiveMultiMap().addAll(sent), original);
        }

        List<String> all(String name) {
            HeaderName header = HeaderName.of(name);
            List<String> found = header.all(sent);
            return found.isEmpty() ? header.all(original) : found;
        }
    }

    static String of(Request request, ProxyCacheConfig config) {
        Exchange exchange = request.exchange();
        RequestHead head = exchange.original();
        Route route = exchange.route();
        Consumer consumer = exchange.consumer();
        String prefix = route == null ? "default" : consumer == null ? route.id() : consumer.id() + ':' + route.id();
        String method = head.method().name();
        int query = head.uri().indexOf('?');
        // the request line without all that follows a question mark
        String line = query < 0
                ? method + ' ' + head.uri() + ' ' + head.protocol()
                : method + ' ' + head.uri().substring(0, query);
        if (config.ignoreUriCase()) {
            line = line.toLowerCase(Locale.ROOT);
        }
        String text = WireText.encode(prefix)
                + '|'
                + method
                + '|'
                + line
                + '|'
                + params(request.query(), config.varyQueryParams())
                + '|'
                + headers(Headers.of(request), config.varyHeaders());
        return sha256(text);
    }

    /** The key of an answer that differs by further headers of the request, in a set of variants with this id. */
    static String variant(String key, String id, List<String> names, Headers headers) {
        StringBuilder text = new StringBuilder(key).append(id);
        for (String name : names) {
            text.append('\n').append(name).append('=');
            for (String value : headers.all(name)) {
                text.append(value.strip()).append('\n');
            }
        }
        return key + VARIANT + sha256(text.toString());
    }

    private static String params(@Nullable String query, List<String> vary) {
        Map<String, List<String>> values = new TreeMap<>();
        for (Arguments.Argument argument : Arguments.of(query).all()) {
            String text = argument.text();
            int equals = text.indexOf('=');
            String name = Arguments.bytes(equals < 0 ? text : text.substring(0, equals));
            List<String> list = values.computeIfAbsent(name, first -> new ArrayList<>());
            if (equals >= 0) {
                list.add(Arguments.bytes(text.substring(equals + 1)));
            }
        }
        if (vary.isEmpty()) {
            return fields(values, values.keySet());
        }
        List<String> names = new ArrayList<>(vary.size());
        for (String name : vary) {
            names.add(WireText.encode(name));
        }
        return fields(values, names);
    }

    private static String headers(Headers headers, List<String> vary) {
        Map<String, List<String>> values = new TreeMap<>();
        for (String name : vary) {
            List<String> found = headers.all(name);
            if (!found.isEmpty()) {
                values.put(name, new ArrayList<>(found));
            }
        }
        return fields(values, vary);
    }

    private static String fields(Map<String, List<String>> values, Collection<String> names) {
        List<String> fields = new ArrayList<>();
        for (String name : names) {
            List<String> found = values.get(name);
            if (found != null) {
                Collections.sort(found);
                fields.add(found.isEmpty() ? name : name + '=' + String.join(",", found));
            }
        }
        return String.join(":", fields);
    }

    /** Of bytes, each as one character. */
    private static String sha256(String bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }
}

package io.gatehouse.plugins.traffic.termination;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.RequestHead;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.WireText;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonWriter;
import io.gatehouse.plugins.support.Arguments;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request as JSON, as Kong echoes it; only for debugging, so it is built as a tree. */
final class Echo {
    private Echo() {}

    static Buffer of(Exchange exchange, @Nullable String message, Buffer body) {
        RequestHead head = exchange.original();
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("scheme", head.scheme());
        String host = head.host();
        int colon = host.lastIndexOf(':');
        boolean hasPort = colon > host.lastIndexOf(']');
        request.put("host", hasPort ? host.substring(0, colon) : host);
        request.put(
                "port",
                hasPort ? port(host.substring(colon + 1)) : head.scheme().equals("https") ? 443L : 80L);
        request.put("method", head.method().name());
        request.put("path", head.path());
        Map<String, Object> headers = new TreeMap<>();
        head.headers().forEach((name, value) -> put(headers, name.toLowerCase(Locale.ROOT), WireText.decode(value)));
        request.put("headers", headers);
        request.put("query", arguments(head.query()));
        request.put("uri_captures", captures(exchange.uriCaptures()));
        if (body.length() > 0) {
            request.put("raw_body", body.toString(StandardCharsets.UTF_8));
            Object parsed = parsed(head.headers().get("Content-Type"), body);
            if (parsed != null) {
                request.put("body", parsed);
            }
        }
        Map<String, Object> echo = new LinkedHashMap<>();
        if (message != null) {
            echo.put("message", message);
        }
        echo.put("kong", Map.of("worker_pid", ProcessHandle.current().pid()));
        echo.put("request", request);
        Route route = exchange.route();
        if (route != null) {
            echo.put("matched_route", route.fields());
        }
        Service service = exchange.service();
        if (service != null) {
            echo.put("matched_service", service.fields());
        }
        return JsonWriter.write(echo);
    }

    private static long port(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException odd) {
            return 0;
        }
    }

    private static Map<String, Object> arguments(@Nullable String raw) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (Arguments.Argument argument : Arguments.of(raw).all()) {
            String value = argument.value();
            put(arguments, argument.name(), value == null ? (Object) true : value);
        }
        return arguments;
    }

    /** What comes once is a value, what comes several times a list. */
    private static void put(Map<String, Object> map, String name, Object value) {
        map.merge(name, value, (old, another) -> {
            List<Object> values = new ArrayList<>();
            if (old instanceof List<?> list) {
                values.addAll(list);
            } else {
                values.add(old);
            }
            values.add(another);
            return values;
        });
    }

    private static Map<String, Object> captures(Map<String, String> all) {
        Map<String, String> named = new TreeMap<>();
        List<String> unnamed = new ArrayList<>();
        for (Map.Entry<String, String> capture : all.entrySet()) {
            if (!Character.isDigit(capture.getKey().charAt(0))) {
                named.put(capture.getKey(), capture.getValue());
            }
        }
        for (int i = 1; all.containsKey(Integer.toString(i)); i++) {
            unnamed.add(all.getOrDefault(Integer.toString(i), ""));
        }
        return Map.of("named", named, "unnamed", unnamed);
    }

    private static @Nullable Object parsed(@Nullable String contentType, Buffer body) {
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        if (type.startsWith("application/x-www-form-urlencoded")) {
            return arguments(body.toString(StandardCharsets.ISO_8859_1)); // one character a byte
        }
        if (type.startsWith("application/json")) {
            try {
                return JsonBytes.scan(body).toTree();
            } catch (JsonException e) {
                return null;
            }
        }
        return null;
    }
}

package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.gatehouse.plugins.support.Arguments;
import io.gatehouse.plugins.support.HeaderName;
import io.vertx.core.MultiMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What templates read: the request as it came to the plugin, whatever rules have done to it since. */
final class Facts implements Template.Source {
    private final MultiMap headers;
    private final String host;
    private final @Nullable String query;
    private final Map<String, String> captures;
    private @Nullable Arguments arguments;

    /**
     * Remembers a request.
     *
     * @param readsHeaders whether a template may ask for headers
     */
    Facts(Request request, boolean readsHeaders) {
        this.headers = readsHeaders ? MultiMap.caseInsensitiveMultiMap().addAll(request.headers()) : request.headers();
        this.host = request.exchange().original().host();
        this.query = request.query();
        this.captures = request.exchange().uriCaptures();
    }

    @Override
    public @Nullable String header(HeaderName name) {
        String value = name.first(headers); // Lua's identifiers have no hyphen
        return value == null && name.toString().equalsIgnoreCase("host") && !host.isEmpty() ? host : value;
    }

    @Override
    public @Nullable String queryParam(String name) {
        Arguments known = arguments;
        if (known == null) {
            known = Arguments.of(query);
            arguments = known;
        }
        for (Arguments.Argument argument : known.all()) {
            if (argument.name().equals(name)) {
                String value = argument.value();
                return value == null ? "true" : WireText.encode(value);
            }
        }
        return null;
    }

    @Override
    public @Nullable String uriCapture(String name) {
        String capture = captures.get(name);
        return capture == null ? null : WireText.encode(capture);
    }
}

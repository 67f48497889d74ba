package io.gatehouse.plugins.logging.http;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.logging.CustomFields;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Makes {@link HttpLog} instances, each with a queue and a connection of its own. */
public final class HttpLogFactory implements PluginFactory<HttpLogConfig> {
    static final String NAME = "http-log";

    private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Set<String> OWN_HEADERS = Set.of("host", "content-type", "content-length");

    /** Found by the service loader. */
    public HttpLogFactory() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 12;
    }

    @Override
    public Class<HttpLogConfig> configType() {
        return HttpLogConfig.class;
    }

    @Override
    public void validate(HttpLogConfig config, Problems problems) {
        CustomFields.validate(config.customFieldsByLua(), problems);
        config.queue().validate("queue", problems);
        boolean user = false;
        String url = config.httpEndpoint().value();
        if (!url.isEmpty()) { // a vault that does not know it was told already, and it may come
            try {
                user = Endpoint.of(url, config.sslVerify(), Duration.ofSeconds(1))
                                .authorization()
                        != null;
            } catch (IllegalArgumentException e) {
                problems.add("http_endpoint", String.valueOf(e.getMessage()));
            }
        }
        for (Map.Entry<String, Secret> header : config.headers().entrySet()) {
            String name = header.getKey();
            String lower = name.toLowerCase(Locale.ROOT);
            if (!HEADER_NAME.matcher(name).matches()) {
                problems.add("headers", "bad header name '" + name + "' (expected: a name that HTTP allows)");
            } else if (OWN_HEADERS.contains(lower)) {
                problems.add("headers", "cannot contain '" + name + "' header");
            } else if (lower.equals("authorization") && user) {
                problems.add(
                        "headers",
                        "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed");
            }
            String value = header.getValue().value();
            if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
                problems.add("headers", "the value of '" + name + "' has a line end (expected: one line)");
            }
        }
    }

    @Override
    public Plugin create(HttpLogConfig config, PluginContext context) {
        return new HttpLog(config, context);
    }
}

package io.gatehouse.plugins.traffic.cors;

import com.google.re2j.Pattern;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.RegexLimits;
import io.gatehouse.api.config.Problems;
import java.util.List;

/** Makes {@code cors} plugins. */
public final class CorsFactory implements PluginFactory<CorsConfig> {
    private static final String ODD = "contains a character that cannot stand in a header (expected: printable ASCII)";

    /** For the service loader. */
    public CorsFactory() {}

    @Override
    public String name() {
        return "cors";
    }

    @Override
    public int priority() {
        return 2000;
    }

    @Override
    public Class<CorsConfig> configType() {
        return CorsConfig.class;
    }

    @Override
    public void validate(CorsConfig config, Problems problems) {
        for (int i = 0; i < config.origins().size(); i++) {
            String origin = config.origins().get(i);
            if (origin.equals("*")) {
                continue;
            }
            try {
                RegexLimits.compile(origin, Pattern::compile);
            } catch (IllegalArgumentException e) {
                problems.add("origins[" + i + "]", "'" + origin + "' is not a valid regex: " + e.getMessage());
                continue;
            }
            if (!isVisible(origin)) {
                problems.add("origins[" + i + "]", ODD);
            }
        }
        header("headers", config.headers(), problems);
        header("exposed_headers", config.exposedHeaders(), problems);
    }

    private static void header(String field, List<String> values, Problems problems) {
        for (int i = 0; i < values.size(); i++) {
            if (!isVisible(values.get(i))) {
                problems.add(field + "[" + i + "]", ODD);
            }
        }
    }

    private static boolean isVisible(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c < 0x7F);
    }

    @Override
    public Plugin create(CorsConfig config, PluginContext context) {
        return new Cors(config);
    }
}

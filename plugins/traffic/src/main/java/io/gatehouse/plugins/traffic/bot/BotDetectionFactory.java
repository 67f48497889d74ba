package io.gatehouse.plugins.traffic.bot;

import com.google.re2j.Pattern;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.RegexLimits;
import io.gatehouse.api.config.Problems;
import java.util.List;

/** Makes {@code bot-detection} plugins. */
public final class BotDetectionFactory implements PluginFactory<BotDetectionConfig> {
    /** For the service loader. */
    public BotDetectionFactory() {}

    @Override
    public String name() {
        return "bot-detection";
    }

    @Override
    public int priority() {
        return 2500;
    }

    @Override
    public Class<BotDetectionConfig> configType() {
        return BotDetectionConfig.class;
    }

    @Override
    public void validate(BotDetectionConfig config, Problems problems) {
        check("allow", config.allow(), problems);
        check("deny", config.deny(), problems);
    }

    private static void check(String field, List<String> expressions, Problems problems) {
        for (int i = 0; i < expressions.size(); i++) {
            try {
                RegexLimits.compile(expressions.get(i), Pattern::compile);
            } catch (IllegalArgumentException e) {
                problems.add(field + "[" + i + "]", "not a regex: " + expressions.get(i) + ": " + e.getMessage());
            }
        }
    }

    @Override
    public Plugin create(BotDetectionConfig config, PluginContext context) {
        return new BotDetection(config);
    }
}

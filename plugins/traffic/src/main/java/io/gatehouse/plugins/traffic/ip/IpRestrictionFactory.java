package io.gatehouse.plugins.traffic.ip;

import io.gatehouse.api.AddressRange;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import java.util.List;

/** Makes {@code ip-restriction} plugins. */
public final class IpRestrictionFactory implements PluginFactory<IpRestrictionConfig> {
    /** For the service loader. */
    public IpRestrictionFactory() {}

    @Override
    public String name() {
        return "ip-restriction";
    }

    @Override
    public int priority() {
        return 990;
    }

    @Override
    public Class<IpRestrictionConfig> configType() {
        return IpRestrictionConfig.class;
    }

    @Override
    public void validate(IpRestrictionConfig config, Problems problems) {
        check("allow", config.allow(), problems);
        check("deny", config.deny(), problems);
    }

    private static void check(String field, List<String> entries, Problems problems) {
        for (int i = 0; i < entries.size(); i++) {
            if (AddressRange.of(entries.get(i)) == null) {
                problems.add(field + "[" + i + "]", "invalid ip or cidr range: '" + entries.get(i) + "'");
            }
        }
    }

    @Override
    public Plugin create(IpRestrictionConfig config, PluginContext context) {
        return new IpRestriction(config);
    }
}

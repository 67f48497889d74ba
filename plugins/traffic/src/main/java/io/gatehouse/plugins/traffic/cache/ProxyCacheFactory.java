package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.support.MediaType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Makes {@code proxy-cache} plugins. What they keep outlives a reload. */
public final class ProxyCacheFactory implements PluginFactory<ProxyCacheConfig> {
    private final Map<String, ResponseStore> stores = new ConcurrentHashMap<>();
    private final Map<RedisOptions, ResponseStore> shared = new ConcurrentHashMap<>();

    /** For the service loader. */
    public ProxyCacheFactory() {}

    @Override
    public String name() {
        return "proxy-cache";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Class<ProxyCacheConfig> configType() {
        return ProxyCacheConfig.class;
    }

    @Override
    public void validate(ProxyCacheConfig config, Problems problems) {
        for (int i = 0; i < config.contentType().size(); i++) {
            String type = config.contentType().get(i);
            if (MediaType.of(type) == null) {
                problems.add(
                        "content_type[" + i + "]", "not a media type: " + type + " (expected: such as text/plain)");
            }
        }
    }

    @Override
    public Plugin create(ProxyCacheConfig config, PluginContext context) {
        String host = config.redis().host();
        if (config.strategy() == ProxyCacheConfig.Strategy.REDIS && host != null) {
            RedisOptions redis = config.redis().options(host);
            ResponseStore here = shared.computeIfAbsent(redis, server -> new ResponseStore());
            SharedAnswers answers = new SharedAnswers(redis, context, here);
            new CachePages(answers).addTo(context);
            return new ProxyCache(config, context, here, answers);
        }
        ResponseStore store = stores.computeIfAbsent(config.memory().dictionaryName(), name -> new ResponseStore());
        new CachePages(new LocalArchive(store, context.clock())).addTo(context);
        return new ProxyCache(config, context, store, null);
    }

    @Override
    public void stop() {
        stores.clear();
        shared.clear();
    }
}

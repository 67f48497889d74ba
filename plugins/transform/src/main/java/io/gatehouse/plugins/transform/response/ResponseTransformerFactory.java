package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.transform.Rule;

/** Makes {@code response-transformer} plugins. */
public final class ResponseTransformerFactory implements PluginFactory<ResponseTransformerConfig> {
    /** For the service loader. */
    public ResponseTransformerFactory() {}

    @Override
    public String name() {
        return "response-transformer";
    }

    @Override
    public int priority() {
        return 800;
    }

    @Override
    public Class<ResponseTransformerConfig> configType() {
        return ResponseTransformerConfig.class;
    }

    @Override
    public void validate(ResponseTransformerConfig config, Problems problems) {
        Rule.checkHeaders("remove.headers", config.remove().headers(), false, false, problems);
        Rule.checkHeaders("rename.headers", config.rename().headers(), true, true, problems);
        Rule.checkHeaders("replace.headers", config.replace().headers(), true, false, problems);
        Rule.checkHeaders("add.headers", config.add().headers(), true, false, problems);
        Rule.checkHeaders("append.headers", config.append().headers(), true, false, problems);
        Rule.checkPairs("rename.json", config.rename().json(), problems);
        Rule.checkPairs("replace.json", config.replace().json(), problems);
        Rule.checkPairs("add.json", config.add().json(), problems);
        Rule.checkPairs("append.json", config.append().json(), problems);
    }

    @Override
    public Plugin create(ResponseTransformerConfig config, PluginContext context) {
        return new ResponseTransformer(config);
    }
}

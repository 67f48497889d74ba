package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.transform.Rule;
import java.util.List;

/** Makes {@code request-transformer} plugins. */
public final class RequestTransformerFactory implements PluginFactory<RequestTransformerConfig> {
    /** For the service loader. */
    public RequestTransformerFactory() {}

    @Override
    public String name() {
        return "request-transformer";
    }

    @Override
    public int priority() {
        return 801;
    }

    @Override
    public Class<RequestTransformerConfig> configType() {
        return RequestTransformerConfig.class;
    }

    @Override
    public void validate(RequestTransformerConfig config, Problems problems) {
        Rule.checkHeaders("remove.headers", config.remove().headers(), false, false, problems);
        Rule.checkHeaders("rename.headers", config.rename().headers(), true, true, problems);
        Rule.checkHeaders("replace.headers", config.replace().headers(), true, false, problems);
        Rule.checkHeaders("add.headers", config.add().headers(), true, false, problems);
        Rule.checkHeaders("append.headers", config.append().headers(), true, false, problems);
        Rule.checkPairs("rename.body", config.rename().body(), problems);
        Rule.checkPairs("replace.body", config.replace().body(), problems);
        Rule.checkPairs("add.body", config.add().body(), problems);
        Rule.checkPairs("append.body", config.append().body(), problems);
        Rule.checkPairs("rename.querystring", config.rename().querystring(), problems);
        Rule.checkPairs("replace.querystring", config.replace().querystring(), problems);
        Rule.checkPairs("add.querystring", config.add().querystring(), problems);
        Rule.checkPairs("append.querystring", config.append().querystring(), problems);
        templates("rename.body", config.rename().body(), problems);
        templates("rename.querystring", config.rename().querystring(), problems);
        templates("replace.headers", config.replace().headers(), problems);
        templates("replace.body", config.replace().body(), problems);
        templates("replace.querystring", config.replace().querystring(), problems);
        templates("add.headers", config.add().headers(), problems);
        templates("add.body", config.add().body(), problems);
        templates("add.querystring", config.add().querystring(), problems);
        templates("append.headers", config.append().headers(), problems);
        templates("append.body", config.append().body(), problems);
        templates("append.querystring", config.append().querystring(), problems);
        String uri = config.replace().uri();
        if (uri != null) {
            template("replace.uri", uri, problems);
        }
    }

    private static void templates(String path, List<String> entries, Problems problems) {
        for (int i = 0; i < entries.size(); i++) {
            template(path + "[" + i + "]", Rule.of(entries.get(i)).value(), problems);
        }
    }

    private static void template(String path, String value, Problems problems) {
        try {
            Template.of(value);
        } catch (IllegalArgumentException e) {
            problems.add(path, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Plugin create(RequestTransformerConfig config, PluginContext context) {
        return new RequestTransformer(config);
    }
}

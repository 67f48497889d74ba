package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmEndpoint;
import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.api.config.Problems;
import org.jspecify.annotations.Nullable;

/** What a configuration must hold beyond what each field says for itself. The texts are Kong's where it has one. */
final class ConfigCheck {
    private final Problems problems;
    private final Providers providers;

    private ConfigCheck(Problems problems, Providers providers) {
        this.problems = problems;
        this.providers = providers;
    }

    static void advanced(AiProxyAdvancedConfig config, Providers providers, Problems problems) {
        ConfigCheck check = new ConfigCheck(problems, providers);
        for (int i = 0; i < config.targets().size(); i++) {
            check.target("targets[" + i + "].", config.targets().get(i));
        }
    }

    static void single(AiProxyConfig config, Providers providers, Problems problems) {
        ConfigCheck check = new ConfigCheck(problems, providers);
        for (TargetConfig target : config.advanced().targets()) {
            check.target("", target);
        }
    }

    private void target(String path, TargetConfig target) {
        auth(path + "auth", target.auth());
        options(path + "model.options", target.model().options());
        LlmOperation operation = LlmOperation.ofRouteType(target.routeType());
        // a provider that is not known here may come with another JAR: create() sees them all
        LlmProvider provider = providers.find(target.model().provider());
        if (operation == null || provider == null) {
            return;
        }
        LlmModel model = LlmTarget.modelOf(target.model());
        provider(path, provider, model, operation, problems);
    }

    /** The checks that need the provider. */
    static void provider(String path, LlmProvider provider, LlmModel model, LlmOperation operation, Problems problems) {
        if (!provider.supports(model, operation)) {
            String format = model.option("mistral_format");
            problems.add(
                    path + "route_type",
                    provider.name().equals("mistral") && format != null
                            ? "no transformer available to format mistral://" + operation.routeType() + '/' + format
                            : "no transformer for " + provider.name() + "://" + operation.routeType());
        }
        provider.validate(model, operation, (where, message) -> problems.add(path + where, message));
    }

    private void auth(String path, AuthConfig auth) {
        if ((auth.headerName() == null) != (auth.headerValue() == null)) {
            problems.add(path, "all or none of these fields must be set: 'auth.header_name', 'auth.header_value'");
        }
        boolean name = auth.paramName() != null;
        if (name != (auth.paramValue() != null) || name != (auth.paramLocation() != null)) {
            problems.add(
                    path,
                    "all or none of these fields must be set: 'auth.param_name', 'auth.param_value',"
                            + " 'auth.param_location'");
        }
        if (auth.azureUseManagedIdentity()) {
            problems.add(path + ".azure_use_managed_identity", "true is not built (supported: false)");
        }
        if (auth.gcpUseServiceAccount()) {
            problems.add(path + ".gcp_use_service_account", "true is not built (supported: false)");
        }
    }

    private void options(String path, OptionsConfig options) {
        positive(path + ".input_cost", options.inputCost());
        positive(path + ".output_cost", options.outputCost());
        String url = options.upstreamUrl();
        if (url != null) {
            if (Template.of(url, Template.Use.URL) != null) {
                if (!Template.startsWithScheme(url)) {
                    problems.add(
                            path + ".upstream_url",
                            "starts with an expression (expected: starts with http:// or https://)");
                }
            } else {
                try {
                    LlmEndpoint.of(url);
                } catch (IllegalArgumentException e) {
                    problems.add(path + ".upstream_url", String.valueOf(e.getMessage()));
                }
            }
        }
        for (int i = 0; i < options.contextWindowFactor().size(); i++) {
            String above = options.contextWindowFactor().get(i).above();
            if (Cost.threshold(above) < 0) {
                problems.add(
                        path + ".context_window_factor[" + i + "].above", above + " (expected: a number of tokens)");
            }
        }
    }

    private void positive(String path, @Nullable Double cost) {
        if (cost != null && !(cost > 0)) {
            problems.add(path, cost + " (expected: a number above 0)");
        }
    }
}

package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.Scope;
import io.gatehouse.testkit.GatewayExtension;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Configurations that say the same in other words take nothing from a balancer. */
class ReloadKeepsStateIT {
    private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

    private static final String AS_WRITTEN = """
            _format_version: "3.0"
            services:
            - name: llm
              url: https://unused.example
              routes:
              - name: chat
                paths: [/chat]
                plugins:
                - name: ai-proxy-advanced
                  config:
                    balancer: {max_fails: 1, fail_timeout: 3600000, failover_criteria: [error, timeout, http_500, non_idempotent]}
                    targets:
                    - route_type: llm/v1/chat
                      model: {provider: openai, name: one, options: {upstream_url: "https://one.example/v1/chat/completions"}}
                    - route_type: llm/v1/chat
                      model: {provider: openai, name: two, options: {upstream_url: "https://two.example/v1/chat/completions"}}
                    - route_type: llm/v1/chat
                      model: {provider: openai, name: three, options: {upstream_url: "https://three.example/v1/chat/completions"}}
            """;

    /** The same: other order, other nesting, tags, other neighbours, and a default written out. */
    private static final String IN_OTHER_WORDS = """
            {"plugins": [
              {"config": {
                 "targets": [
                   {"model": {"name": "one", "options": {"upstream_url": "https://one.example/v1/chat/completions"}, "provider": "openai"}, "route_type": "llm/v1/chat", "weight": 100},
                   {"model": {"name": "two", "options": {"upstream_url": "https://two.example/v1/chat/completions"}, "provider": "openai"}, "route_type": "llm/v1/chat"},
                   {"model": {"name": "three", "options": {"upstream_url": "https://three.example/v1/chat/completions"}, "provider": "openai"}, "route_type": "llm/v1/chat"}],
                 "balancer": {"failover_criteria": ["error", "timeout", "http_500", "non_idempotent"], "max_fails": 1, "fail_timeout": 3600000, "algorithm": "round-robin"}},
               "route": "chat", "name": "ai-proxy-advanced", "enabled": true, "tags": ["another"]}],
             "routes": [{"paths": ["/other"], "name": "other"}, {"service": {"name": "llm"}, "strip_path": true, "paths": ["/chat"], "name": "chat"}],
             "services": [{"url": "https://unused.example", "name": "llm", "tags": ["new"], "retries": 5}],
             "consumers": [{"username": "somebody"}],
             "_format_version": "3.0"}
            """;

    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of(AS_WRITTEN)
            .simulate("https://one.example")
            .simulate("https://two.example")
            .simulate("https://three.example");

    private static void say(String config) {
        assertThat(gateway.reload(config)).isEmpty();
    }

    private static void ask() throws Exception {
        assertThat(gateway.post("/chat", CHAT).statusCode()).isEqualTo(200);
    }

    private static List<String> asked() {
        List<String> models = new ArrayList<>();
        for (LedgerRecord call : gateway.simulator().ledger().records()) {
            models.add(String.valueOf(call.host()).replace(".example", ""));
        }
        return models;
    }

    @Test
    void theTurnGoesOnAndABrokenTargetStaysOut() throws Exception {
        say(AS_WRITTEN);
        gateway.simulator()
                .behaviour(
                        Scope.all().host("two.example"),
                        Behaviour.builder().status(500).build());
        for (int i = 0; i < 3; i++) {
            ask();
            say(i % 2 == 0 ? IN_OTHER_WORDS : AS_WRITTEN);
        }
        List<String> before = asked();
        assertThat(before).as("the breaker has seen it once").containsOnlyOnce("two");
        int calls = before.size();

        for (int i = 0; i < 6; i++) {
            ask();
            say(i % 2 == 0 ? AS_WRITTEN : IN_OTHER_WORDS);
        }

        List<String> after = asked().subList(calls, calls + 6);
        assertThat(after)
                .as("no call for the broken one, and each of the others in turn")
                .containsOnly("one", "three");
        for (int i = 1; i < after.size(); i++) {
            assertThat(after.get(i)).isNotEqualTo(after.get(i - 1));
        }
        assertThat(gateway.metric("gatehouse_config_reloads_total", "result", "success"))
                .isEqualTo(10);
    }
}

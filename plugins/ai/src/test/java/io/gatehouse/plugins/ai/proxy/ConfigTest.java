package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigTest {
    private static final String TARGET = """
            targets:
              - route_type: llm/v1/chat
                model: {provider: openai, name: gpt-4o}
            """;

    @Test
    void takesTheDefaultsOfKong() {
        try (PluginTester tester = Ai.advanced(TARGET)) {
            assertThat(tester.problems()).isEmpty();
            AiProxyAdvancedConfig config = (AiProxyAdvancedConfig) tester.config();
            assertThat(config.balancer()).isEqualTo(BalancerConfig.DEFAULT);
            assertThat(config.balancer().failoverCriteria()).isEqualTo(Set.of("error", "timeout"));
            assertThat(config.maxRequestBodySize()).isEqualTo(1048576);
            assertThat(config.modelNameHeader()).isTrue();
            assertThat(config.responseStreaming()).isEqualTo("allow");
            assertThat(config.targets().get(0).weight()).isEqualTo(100);
            assertThat(config.targets().get(0).auth()).isEqualTo(AuthConfig.NONE);
            assertThat(config.targets().get(0).logging()).isEqualTo(LoggingConfig.OFF);
        }
    }

    @Test
    void readsEveryFieldThatIsBuilt() {
        try (PluginTester tester = Ai.advanced("""
                balancer:
                  algorithm: round-robin
                  latency_strategy: e2e
                  tokens_count_strategy: cost
                  hash_on_header: X-User
                  slots: 100
                  retries: 2
                  connect_timeout: 1
                  read_timeout: 2
                  write_timeout: 3
                  failover_criteria: [http_429, non_idempotent, invalid_header]
                  max_fails: 3
                  fail_timeout: 4
                llm_format: openai
                genai_category: text/embeddings
                response_streaming: always
                model_name_header: false
                max_request_body_size: 0
                targets:
                  - route_type: llm/v1/chat
                    weight: 7
                    description: the cheap one
                    logging: {log_statistics: true, log_payloads: true}
                    auth:
                      header_name: api-key
                      header_value: k1
                      param_name: key
                      param_value: k2
                      param_location: query
                      allow_override: true
                      azure_use_managed_identity: false
                      gcp_use_service_account: false
                    model:
                      provider: mistral
                      name: mistral-tiny
                      model_alias: tiny
                      options:
                        max_tokens: 512
                        temperature: 1.0
                        top_p: 0.5
                        top_k: 40
                        input_cost: 10
                        output_cost: 20
                        cache_read_cost: 1
                        cache_write_cost: 2
                        cache_write_cost_list: [{ttl: 5m, cost: 3}]
                        context_window_factor: [{above: "200000", input_factor: 2, output_factor: 1.5}]
                        service_tier_factor: [{tier: flex, factor: 0.5}]
                        embeddings_dimensions: 256
                        upstream_url: https://api.mistral.ai/v1/chat/completions
                        upstream_path: /v1/chat/completions
                        azure_api_version: 2023-05-15
                        llama2_format: openai
                        mistral_format: openai
                """)) {
            assertThat(tester.problems()).isEmpty();
            AiProxyAdvancedConfig config = (AiProxyAdvancedConfig) tester.config();
            assertThat(config.balancer().retries()).isEqualTo(2);
            assertThat(config.balancer().maxFails()).isEqualTo(3);
            assertThat(config.balancer().failTimeout()).isEqualTo(4);
            OptionsConfig options = config.targets().get(0).model().options();
            assertThat(options.maxTokens()).isEqualTo(512);
            assertThat(options.llama2Format()).isEqualTo("openai");
            assertThat(options.contextWindowFactor().get(0).above()).isEqualTo("200000");
            assertThat(tester.config().toString()).doesNotContain("k1").doesNotContain("k2");
            tester.create();
        }
    }

    @Test
    void refusesByNameWhatIsNotBuilt() {
        assertThat(problems("""
                balancer: {algorithm: semantic}
                llm_format: anthropic
                genai_category: audio/speech
                acls: {allow: [a]}
                embeddings: {auth: {}}
                vectordb: {strategy: redis}
                targets:
                  - route_type: llm/v1/files
                    metadata: {a: b}
                    auth: {aws_access_key_id: x, azure_use_managed_identity: true, gcp_use_service_account: true}
                    model: {provider: anthropic, options: {anthropic_version: x, llama2_format: raw, bedrock: {aws_region: x}}}
                """))
                .contains("balancer.algorithm")
                .contains("llm_format")
                .contains("genai_category")
                .contains("acls")
                .contains("embeddings")
                .contains("vectordb")
                .contains("targets[0].route_type")
                .contains("targets[0].metadata")
                .contains("aws_access_key_id")
                .contains("targets[0].model.provider")
                .contains("anthropic_version")
                .contains("llama2_format")
                .contains("bedrock")
                .contains("supported");
        assertThat(problems("balancer: {max_fails: 3, fail_timeout: 5}\n" + TARGET))
                .isEmpty();
        assertThat(problems("balancer: {max_fails: -1, fail_timeout: 0}\n" + TARGET))
                .contains("balancer.max_fails: value should be between 0 and 32767 (got -1)");
        assertThat(problems("""
                targets:
                  - route_type: llm/v1/chat
                    model: {provider: openai, name: a}
                    auth: {azure_use_managed_identity: true, gcp_use_service_account: true}
                """))
                .contains("targets[0].auth.azure_use_managed_identity: true is not built (supported: false)")
                .contains("targets[0].auth.gcp_use_service_account: true is not built (supported: false)");
    }

    @Test
    void saysWhatBelongsTogetherInKongsWords() {
        String found = problems("""
                targets:
                  - route_type: llm/v1/chat
                    model: {provider: openai, name: a, options: {input_cost: 0, upstream_url: "ftp://x"}}
                    auth: {header_name: a, param_name: b, param_value: c}
                  - route_type: llm/v1/chat
                    model: {provider: mistral, name: a}
                  - route_type: llm/v1/chat
                    model: {provider: llama2, name: a}
                  - route_type: llm/v1/chat
                    model: {provider: vllm, name: a}
                  - route_type: llm/v1/responses
                    model: {provider: mistral, name: a, options: {mistral_format: openai}}
                  - route_type: llm/v1/responses
                    model: {provider: llama2, name: a, options: {llama2_format: openai, upstream_url: "http://a/b"}}
                  - route_type: llm/v1/chat
                    model: {provider: ollama, name: a, options: {upstream_url: "http://a:11434/api/chat"}}
                  - route_type: llm/v1/chat
                    model: {provider: openai, name: a, options: {upstream_url: "$(headers.url)"}}
                """);
        assertThat(found)
                .contains("targets[0].auth: all or none of these fields must be set: 'auth.header_name',"
                        + " 'auth.header_value'")
                .contains("targets[0].auth: all or none of these fields must be set: 'auth.param_name',"
                        + " 'auth.param_value', 'auth.param_location'")
                .contains("targets[0].model.options.input_cost: 0.0 (expected: a number above 0)")
                .contains("targets[0].model.options.upstream_url: not a usable URL: scheme ftp")
                .contains("targets[1].model.options.mistral_format: must set 'model.options.mistral_format' for mistral"
                        + " provider")
                .contains("targets[2].model.options.llama2_format: must set 'model.options.llama2_format' for llama2"
                        + " provider")
                .contains("targets[2].model.options.upstream_url: must set 'model.options.upstream_url' for"
                        + " self-hosted providers/models")
                .contains("targets[3].model.options.upstream_url: must set")
                .contains("targets[4].route_type: no transformer available to format"
                        + " mistral://llm/v1/responses/openai")
                .contains("targets[5].route_type: no transformer for llama2://llm/v1/responses")
                .contains("targets[6].model.options.upstream_url: Ollama's own format is not built")
                .contains("targets[7].model.options.upstream_url: starts with an expression");
    }

    @Test
    void namesTheKnownProvidersWhenOneIsUnknown() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: opnai, name: a}
                """)) {
            assertThat(tester.problems()).isEmpty();
            org.assertj.core.api.Assertions.assertThatThrownBy(tester::create)
                    .hasMessageContaining("targets[0].model.provider: opnai (expected one of: llama2, mistral, ollama,"
                            + " openai, vllm)");
        }
    }

    private static String problems(String yaml) {
        try (PluginTester tester = Ai.advanced(yaml)) {
            return String.join("\n", tester.problems());
        }
    }
}

package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import org.junit.jupiter.api.Test;

class AiProxyRequestTest {
    private static final String CHAT_TYPE = "llm/v1/chat";

    @Test
    void sendsAChatToTheProvider() {
        try (PluginTester tester = Ai.openai(CHAT_TYPE, ", options: {max_tokens: 512, temperature: 1.0}")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));

            TestExchange exchange = tester.post("/anything?beta=true", Ai.CHAT)
                    .header("Authorization", "Bearer client")
                    .header("Accept-Encoding", "gzip, br")
                    .send();

            SentRequest sent = exchange.upstreamRequest();
            assertThat(sent.target().toString()).isEqualTo("https://api.openai.com");
            assertThat(sent.method().name()).isEqualTo("POST");
            assertThat(sent.uri()).isEqualTo("/v1/chat/completions?beta=true");
            assertThat(sent.headers().getAll("Authorization")).containsExactly("Bearer sk-upstream");
            assertThat(sent.header("Accept-Encoding")).isEqualTo("identity");
            assertThat(sent.body())
                    .isEqualTo("{\"messages\":[{\"role\":\"user\",\"content\":\"one two  three\"}],"
                            + "\"model\":\"gpt-4.1\",\"temperature\":1.0,\"max_tokens\":512,\"stream\":false}");
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.text()).isEqualTo(Ai.ANSWER);
            assertThat(exchange.header("X-Kong-LLM-Model")).isEqualTo("openai/gpt-4.1");
        }
    }
}

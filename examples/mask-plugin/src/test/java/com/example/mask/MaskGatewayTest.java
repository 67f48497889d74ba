package com.example.mask;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.GatewayExtension;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The plugin in a real gateway, over real sockets, in front of the LLM simulator. */
class MaskGatewayTest {
    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - {name: llm, url: "https://api.openai.com", routes: [{name: chat, paths: [/llm]}]}
            plugins:
            - name: mask
              config: {words: [assistant]}
            """);

    @Test
    void masksAStreamedChat() throws Exception {
        HttpResponse<String> response = gateway.post("/llm/v1/chat/completions", """
                {"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "hi"}]}
                """);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .contains("\"role\":\"***\"")
                .doesNotContain("assistant")
                .endsWith("data: [DONE]\n\n");
        assertThat(gateway.metric("gatehouse_plugin_mask_masked_total")).isEqualTo(1);
    }
}

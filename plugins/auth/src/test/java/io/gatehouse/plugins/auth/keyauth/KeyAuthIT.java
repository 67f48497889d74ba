package io.gatehouse.plugins.auth.keyauth;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.testkit.GatewayExtension;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KeyAuthIT {
    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - name: llm
              url: https://api.openai.com
              routes:
              - {name: chat, paths: [/llm]}
              plugins:
              - {name: key-auth}
            consumers:
            - username: alice
              keyauth_credentials:
              - {key: hello_world}
            """);

    @Test
    void letsAKnownKeyInAndHidesItFromTheUpstream() throws Exception {
        HttpResponse<String> response =
                gateway.get("/llm/v1/models?apikey=hello_world&a=b", "X_Consumer_Username", "admin");

        assertThat(response.statusCode()).isEqualTo(200);
        LedgerRecord seen = gateway.simulator().ledger().records().get(0);
        assertThat(seen.query()).isEqualTo("a=b");
        assertThat(seen.header("X-Consumer-Username")).isEqualTo("alice");
        assertThat(seen.header("X_Consumer_Username")).isNull();
    }

    @Test
    void refusesOthersWithKongsTexts() throws Exception {
        HttpResponse<String> missing = gateway.get("/llm/v1/models");
        HttpResponse<String> wrong = gateway.get("/llm/v1/models", "apikey", "wrong");

        assertThat(missing.statusCode()).isEqualTo(401);
        assertThat(missing.headers().firstValue("WWW-Authenticate")).contains("Key");
        assertThat(missing.body()).contains("\"message\":\"No API key found in request\"");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(wrong.body()).contains("\"message\":\"Unauthorized\"");
        assertThat(gateway.simulator().ledger().seen()).isZero();
    }
}

package com.example.hello;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The plugin alone: no sockets, runs in milliseconds. */
class HelloTest {
    private final PluginTester tester = PluginTester.of(new HelloFactory(), new HelloConfig("good day"));

    @AfterEach
    void close() {
        tester.close();
    }

    @Test
    void greetsAResponseAndLeavesTheRestAlone() {
        tester.upstream(Upstream.answers(200, "content"));

        TestExchange exchange = tester.get("/anything").send();

        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.header("X-Hello")).isEqualTo("good day");
        assertThat(exchange.text()).isEqualTo("content");
        assertThat(exchange.upstreamRequest().uri()).isEqualTo("/anything");
    }

    @Test
    void greetsEvenWhenTheUpstreamIsDown() {
        tester.upstream(Upstream.fails(FailureKind.CONNECT));

        TestExchange exchange = tester.get("/").send();

        assertThat(exchange.status()).isEqualTo(502);
        assertThat(exchange.header("X-Hello")).isEqualTo("good day");
    }

    @Test
    void countsAndLogs() {
        tester.get("/").send();
        tester.get("/").send();

        assertThat(tester.counter("greetings_total", "test-route")).isEqualTo(2);
        assertThat(tester.log().text()).contains("greeted route=test-route status=200");
    }
}

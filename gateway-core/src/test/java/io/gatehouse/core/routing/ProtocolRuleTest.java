package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.core.routing.ProtocolRule.Served;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolRuleTest {
    @Test
    void letsHttpsPass() {
        assertThat(ProtocolRule.https(426, "https", "a.b", "/x")).isNull();
    }

    @Test
    void asksForHttps() {
        assertThat(ProtocolRule.https(426, "http", "a.b", "/x"))
                .isEqualTo(new ProtocolRule.UpgradeRequired("Please use HTTPS protocol", "TLS/1.2, HTTP/1.1"));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void redirectsToTheRawAddress(int status) {
        assertThat(ProtocolRule.https(status, "http", "a.b", "/x//%2e?y=1&"))
                .isEqualTo(new ProtocolRule.Redirect(status, "https://a.b/x//%2e?y=1&"));
    }

    @Test
    void refusesOtherStatuses() {
        assertThatThrownBy(() -> ProtocolRule.https(303, "http", "a.b", "/"))
                .hasMessage("https_redirect_status_code: 303 (expected: 426, 301, 302, 307 or 308)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/grpc", "application/grpc+proto", "application/grpc-web"})
    void letsGrpcOverHttp2Pass(String type) {
        assertThat(ProtocolRule.grpc(false, type, true, "http")).isNull();
        assertThat(ProtocolRule.grpc(true, type, true, "https")).isNull();
    }

    @Test
    void wantsGrpcFirst() {
        ProtocolRule refused = new ProtocolRule.NotGrpc("Non-gRPC request matched gRPC route");
        assertThat(ProtocolRule.grpc(false, null, false, "http")).isEqualTo(refused);
        assertThat(ProtocolRule.grpc(true, "application/json", true, "http")).isEqualTo(refused);
    }

    @Test
    void wantsHttp2AndThenTls() {
        assertThat(ProtocolRule.grpc(true, "application/grpc", false, "http"))
                .isEqualTo(new ProtocolRule.UpgradeRequired("Please use HTTP2 protocol", "HTTP/2"));
        assertThat(ProtocolRule.grpc(true, "application/grpc", true, "http"))
                .isEqualTo(new ProtocolRule.GrpcError(1, "gRPC request matched gRPCs route"));
    }

    @ParameterizedTest
    @CsvSource({"http;https,HTTP", "http,HTTP", "https,HTTPS_ONLY", "grpc,GRPC", "grpc;grpcs,GRPC", "grpcs,GRPCS_ONLY"})
    void knowsWhatARouteServes(String protocols, Served served) {
        assertThat(Served.of(List.of(protocols.split(";", -1)))).isEqualTo(served);
    }
}

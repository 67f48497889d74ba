package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ServerScript;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How often connections to upstreams are used again. */
@NullUnmarked
class KeepAliveIT {
    private static final String REQUEST = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    @RegisterExtension
    final Rig rig = new Rig();

    private void start(String name, String value) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("KONG_UPSTREAM_KEEPALIVE_" + name, value);
        rig.start("", rig.settings().proxy(Settings.from(environment, Map.of()).proxy()));
    }

    @ParameterizedTest
    @CsvSource({"POOL_SIZE,0,5", "MAX_REQUESTS,2,3", "MAX_REQUESTS,1,5", "MAX_REQUESTS,0,1", "POOL_SIZE,1,1"})
    void aConnectionServesAsManyRequestsAsItMay(String name, String value, int connections) throws Exception {
        start(name, value);
        for (int i = 0; i < 5; i++) {
            assertThat(rig.get("/a").body()).isEqualTo("{\"ok\":true}");
        }
        assertThat(rig.upstream.connections()).hasSize(connections);
        assertThat(rig.upstream.requests()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "500ms"})
    void aConnectionThatWaitsTooLongIsClosed(String time) throws Exception {
        start("IDLE_TIMEOUT", time);
        rig.get("/a");
        rig.upstreamEnds();
        rig.get("/a");
        assertThat(rig.upstream.connections()).hasSize(2);
    }

    @Test
    void noMoreConnectionsWaitThanThereIsRoomFor() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 2")
                .awaitRelease()
                .send("{}")
                .readRequest()
                .respond(200, "{}")
                .stall()
                .build());
        start("POOL_SIZE", "1");
        try (Socket one = rig.connect();
                Socket two = rig.connect()) {
            Rig.send(one, REQUEST);
            Rig.send(two, REQUEST);
            Rig.await(() -> rig.upstream.requests() == 2, () -> "requests: " + rig.upstream.requests());
            Rig.until(one, "\r\n\r\n");
            Rig.until(two, "\r\n\r\n"); // both heads have come before either answer ends
            rig.upstream.release(2);
            Rig.until(one, "{}");
            Rig.until(two, "{}");
            Rig.await(
                    () -> rig.upstream.connections().stream()
                                    .filter(connection -> connection.ended())
                                    .count()
                            == 1,
                    () -> "connections: " + rig.upstream.connections());
            Rig.send(one, REQUEST);
            Rig.until(one, "{}");
            assertThat(rig.upstream.connections()).hasSize(2);
        }
    }
}

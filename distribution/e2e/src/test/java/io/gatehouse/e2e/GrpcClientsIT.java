package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Python's gRPC service behind the packaged gateway, called by Python and as browsers do. */
final class GrpcClientsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "GrpcClientsIT";
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private static PackagedGateway gateway;

    /** A service in a process of its own, which ends with its standard input. */
    private record Service(Process process) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Path python = Peers.python("grpc", SUITE);
        Peers.node("grpc-web", SUITE);
        Path folder = Workplace.folderFor("grpc-service");
        Path port = folder.resolve("port");
        Files.deleteIfExists(port);
        ProcessBuilder service = new ProcessBuilder(
                        python.toString(), script(folder, "grpc-service.py").toString(), port.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile());
        RUNNING.add(new Service(service.start()));
        Workplace.awaitTrue(LIMIT, () -> Files.exists(port), () -> Workplace.read(folder.resolve("service.log")));
        gateway = RUNNING.add(PackagedGateway.named("grpc")
                .observed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 http2")
                .yaml("kong.yaml", """
                        services:
                          - name: pets
                            url: grpc://127.0.0.1:%s
                            routes:
                              - name: web
                                paths: [/pets.Pets/]
                                headers: {x-grpc-web: ["1"]}
                                plugins: [{name: grpc-web}]
                              - name: grpc
                                protocols: [grpc]
                                strip_path: false
                                paths: [/pets.Pets/]
                                plugins: [{name: key-auth}]
                          - name: down
                            url: grpc://127.0.0.1:1
                            retries: 0
                            routes: [{name: down, protocols: [grpc], strip_path: false, paths: [/down.Down/]}]
                        consumers: [{username: u, keyauth_credentials: [{key: k1}]}]
                        """.formatted(Workplace.read(port)))
                .start());
    }

    private static Path script(Path folder, String name) throws IOException {
        try (InputStream text = requireNonNull(GrpcClientsIT.class.getResourceAsStream("/clients/" + name), name)) {
            return Workplace.write(folder.resolve(name), new String(text.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static JsonNode run(Path program, String name, String... arguments) throws Exception {
        Map<String, String> environment = Workplace.cleanEnvironment();
        // clients would obey these, and the gateway is on this machine
        environment
                .keySet()
                .removeIf(variable -> variable.toLowerCase(Locale.ROOT).endsWith("_proxy"));
        String[] command = new String[arguments.length + 2];
        command[0] = program.toString();
        command[1] = script(gateway.folder(), name).toString();
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        Workplace.Ran ran = Workplace.run(gateway.folder(), environment, LIMIT, command);
        assertThat(ran.exit()).as(ran.err()).isZero();
        return Json.read(ran.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "binary"})
    void browsersCallAServiceOfGrpc(String format) throws Exception {
        JsonNode got = run(
                Peers.node("grpc-web", SUITE),
                "grpc-web-client.js",
                format,
                gateway.proxy("").toString());
        assertThat(got.path("unary").asText()).isEqualTo("got rex");
        assertThat(got.path("failed").asText()).isEqualTo("5: no such pet: rex");
        assertThat(got.path("counted").asText()).isEqualTo("300, last 299");
    }

    @Test
    void pythonCallsAServiceOfGrpc() throws Exception {
        JsonNode got = run(
                Peers.python("grpc", SUITE), "grpc-client.py", gateway.proxy("").getAuthority());
        assertThat(got.path("unary").asText()).isEqualTo("got abc");
        assertThat(got.path("trailer").asText()).isEqualTo("3");
        assertThat(got.path("counted").asInt()).isEqualTo(1000);
        assertThat(got.path("gathered").asText()).isEqualTo("200 of 2000000");
        assertThat(got.path("talked")).hasToString("[\"re: 0\",\"re: 1\",\"re: 2\",\"bye\"]");
        assertThat(got.path("failed").asText()).isEqualTo("NOT_FOUND: no such pet: rex");
        assertThat(got.path("stranger").asText()).startsWith("UNAUTHENTICATED: ");
        assertThat(got.path("nowhere").asText()).startsWith("NOT_FOUND: ");
        assertThat(got.path("down").asText()).startsWith("UNAVAILABLE: ");
    }
}

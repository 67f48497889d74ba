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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Python's gRPC service behind the packaged gateway, called as browsers do. */
final class GrpcClientsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "GrpcClientsIT";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static PackagedGateway gateway;

    /** A service in a process of its own, which ends with its standard input. */
    private record Service(Process process) implements AutoCloseable {
        @Override
        public void close() throws IOException, InterruptedException {
            process.getOutputStream().close();
            if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
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
                .yaml("kong.yaml", """
                        services:
                          - name: pets
                            url: grpc://127.0.0.1:%s
                            routes:
                              - name: web
                                paths: [/pets.Pets/]
                                plugins: [{name: grpc-web}]
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
}

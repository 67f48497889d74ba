package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Secrets from files and variables: what providers see of them, while they change and when they are missing. */
final class VaultsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;
    private static Path secrets;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        PackagedGateway.Builder builder = PackagedGateway.named("vaults");
        secrets = Files.createDirectories(builder.folder().resolve("secrets"));
        rotate("first-secret");
        gateway = RUNNING.add(builder.observed()
                .env("GATEHOUSE_WATCH", "off")
                .env("KONG_VAULT_ROTATION_INTERVAL", "1")
                .env("TEAM_A_KEY", "Bearer of-the-environment")
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        vaults:
                          - name: fs
                            prefix: my-files
                            config: {prefix: "%s"}
                          - name: env
                            prefix: team
                            config: {prefix: team-}
                        services:
                          - name: llm
                            url: https://api.openai.com
                            routes:
                              - {name: file, paths: [/file], plugins: [%s]}
                              - {name: variable, paths: [/variable], plugins: [%s]}
                              - {name: missing, paths: [/missing], plugins: [%s]}
                        """.formatted(
                                secrets,
                                proxy("{vault://my-files/creds.json/openai}"),
                                proxy("{vault://team/a-key}"),
                                proxy("{vault://my-files/absent.txt}")))
                .start());
    }

    private static String proxy(String key) {
        return """
                {name: ai-proxy, config: {route_type: llm/v1/chat, model: {provider: openai, name: gpt-4o},
                        auth: {header_name: Authorization, header_value: "%s"}, logging: {log_statistics: true}}}""".formatted(key);
    }

    /** As careful programs replace a file. */
    private static void rotate(String key) throws IOException {
        Path fresh = Files.writeString(secrets.resolve("fresh"), "{\"openai\": \"Bearer " + key + "\"}\n");
        Files.move(fresh, secrets.resolve("creds.json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The credential that the provider gets. */
    private static String seen(String path) throws IOException, InterruptedException {
        long before = simulator.ledger().seen();
        assertThat(gateway.post(path, Fault.CHAT.formatted("gpt-4o")).statusCode())
                .isEqualTo(200);
        List<LedgerRecord> calls = simulator.ledger().records(call -> call.sequence() > before);
        assertThat(calls).hasSize(1);
        String header = calls.get(0).header("Authorization");
        return header == null ? "" : header;
    }

    @Test
    void aFileThatChangesIsTheNewKeyWithoutAReload() throws Exception {
        assertThat(seen("/file")).isEqualTo("Bearer first-secret");

        rotate("second-secret");

        Workplace.awaitTrue(Workplace.SOON, () -> seen("/file").equals("Bearer second-secret"), gateway::log);
        Files.delete(secrets.resolve("creds.json"));
        String line = gateway.awaitLog(0, "secret cannot be read");
        assertThat(line).contains("{vault://my-files/creds.json/openai}", "no value found", "kept=true");
        assertThat(seen("/file")).as("a key that is gone is used on").isEqualTo("Bearer second-secret");
        rotate("third-secret");
        Workplace.awaitTrue(Workplace.SOON, () -> seen("/file").equals("Bearer third-secret"), gateway::log);
        assertThat(gateway.metrics().sum("gatehouse_config_reloads_total")).isZero();
    }

    @Test
    void aMissingSecretIsEmptyAndTrafficGoesOn() throws Exception {
        assertThat(seen("/missing")).isEmpty();
        assertThat(seen("/variable")).isEqualTo("Bearer of-the-environment");
        assertThat(gateway.log().lines().filter(line -> line.contains("absent.txt")))
                .singleElement()
                .asString()
                .contains("WARN", "no value found", "the field is empty until it is found");
    }

    @Test
    void secretsAreNowhereToBeSeen() throws Exception {
        assertThat(seen("/variable")).isEqualTo("Bearer of-the-environment");

        StringBuilder shown = new StringBuilder(gateway.log()).append(gateway.entryLines());
        for (URI page : List.of(gateway.admin("/"), gateway.admin("/metrics"), gateway.status("/status"))) {
            shown.append(PackagedGateway.get(page).body());
        }
        assertThat(shown.toString()).doesNotContain("-secret").doesNotContain("of-the-environment");
    }
}

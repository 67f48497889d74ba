package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "start",
        description = "Start the gateway and serve until SIGTERM; SIGHUP reads the configuration again.",
        footer = {"", "Example: gatehouse start --config kong.yaml --plugins plugins"})
final class StartCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--connect-to",
            paramLabel = "FROM=TO",
            description = "Connect elsewhere: https://api.openai.com=http://127.0.0.1:9999; several times for more.")
    private List<String> connectTo = new ArrayList<>();

    @Option(
            names = "--proxy-listen",
            paramLabel = "LISTENERS",
            description = "ip:port [ssl] [reuseport] [backlog=n], ... or off (default: 0.0.0.0:8000).")
    private @Nullable String proxyListen;

    @Option(
            names = "--admin-listen",
            paramLabel = "LISTENERS",
            description = "The same for the Admin API (default: 127.0.0.1:8001).")
    private @Nullable String adminListen;

    @Option(
            names = "--status-listen",
            paramLabel = "LISTENERS",
            description = "The same for the Status API (default: 127.0.0.1:8100).")
    private @Nullable String statusListen;

    @Option(names = "--ssl-cert", paramLabel = "FILE", description = "PEM file with the certificate chain.")
    private @Nullable String sslCert;

    @Option(names = "--ssl-cert-key", paramLabel = "FILE", description = "PEM file with its key.")
    private @Nullable String sslCertKey;

    StartCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException, InterruptedException {
        Map<String, List<String>> options = common.values();
        options.put("--connect-to", connectTo);
        options.put("--proxy-listen", CommonOptions.one(proxyListen));
        options.put("--admin-listen", CommonOptions.one(adminListen));
        options.put("--status-listen", CommonOptions.one(statusListen));
        options.put("--ssl-cert", CommonOptions.one(sslCert));
        options.put("--ssl-cert-key", CommonOptions.one(sslCertKey));
        Settings settings = console.settings(options);
        if (settings.configs().isEmpty()) {
            throw new ConfigException(List.of(
                    "--config: missing (expected: a configuration file or folder, here or in GATEHOUSE_CONFIG)"));
        }
        // before the start: a SIGHUP or SIGTERM that comes meanwhile must not be the JVM's own, which ends at once
        try (Signals signals = new Signals();
                Gateway gateway = Gateway.start(settings)) {
            signals.onHangUp(gateway::reload);
            signals.awaitEnd();
            console.problem(
                    "stopping, waits up to " + settings.drainTimeout().toSeconds() + " s for requests in flight");
            gateway.stop(settings.drainTimeout());
        }
        return CommandLineInterface.OK;
    }
}

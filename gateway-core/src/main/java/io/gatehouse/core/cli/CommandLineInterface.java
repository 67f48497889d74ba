package io.gatehouse.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.ConfigException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code gatehouse}: finds the subcommand, runs it and turns what it throws into an exit code. */
public final class CommandLineInterface {
    /** Done as asked. */
    static final int OK = 0;
    /** Could not be done: a port is taken, figures are wrong. */
    static final int FAILED = 1;
    /** The configuration, the settings or the command line is wrong. */
    static final int BAD_CONFIG = 2;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    /**
     * @param environment all environment variables
     * @param out where results go
     * @param err where the log and problems go
     */
    public CommandLineInterface(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /**
     * Runs one command to its end.
     *
     * @param args the subcommand and its options
     * @return the exit code: 0 done, 1 failed, 2 bad configuration or command line
     */
    public int run(String... args) {
        Console console = new Console(environment, out, err);
        return new CommandLine(new Root())
                .addSubcommand(new StartCommand(console))
                .addSubcommand(new QuickstartCommand(console))
                .addSubcommand(new SimulateCommand(console))
                .addSubcommand(new ValidateCommand(console))
                .addSubcommand(new PlanCommand(console))
                .addSubcommand(new DumpCommand(console))
                .addSubcommand(new PluginsCommand(console))
                .addSubcommand(new SchemaCommand(console))
                .addSubcommand(new VersionCommand(console))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(110)
                .setOut(new PrintWriter(out, true, UTF_8))
                .setErr(new PrintWriter(err, true, UTF_8))
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    if (e instanceof ConfigException bad) {
                        console.problems(bad.problems());
                        return BAD_CONFIG;
                    }
                    if (e instanceof IOException) {
                        console.problem(e.getMessage() == null ? e.toString() : e.getMessage());
                        return FAILED;
                    }
                    e.printStackTrace(err); // ours, not the user's: the trace is what a bug report needs
                    return FAILED;
                })
                .execute(args);
    }

    @Command(
            name = "gatehouse",
            description = "An AI and API gateway on the JVM, configured by Kong's decK files.",
            synopsisSubcommandLabel = "COMMAND",
            subcommands = CommandLine.HelpCommand.class,
            mixinStandardHelpOptions = false,
            footer = {
                "",
                "Once after installing, 'gatehouse prepare' halves the time of later starts.",
                "Exit codes: 0 done, 1 failed (a port is taken), 2 bad configuration.",
                "Settings also come from the environment, see docs/configuration.md."
            })
    private static final class Root implements Runnable {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public void run() {
            throw new ParameterException(spec.commandLine(), "Which command?");
        }
    }
}

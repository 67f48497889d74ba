package io.gatehouse.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/** A real syslog daemon, rsyslogd, at the socket where all programs of a machine look for one. */
final class SyslogDaemon implements AutoCloseable {
    private static final Path SOCKET = Path.of("/dev/log");

    private final Path binary;
    private final Path folder;
    private Process process;

    private SyslogDaemon(Path binary, Path folder) throws IOException {
        this.binary = binary;
        this.folder = folder;
        this.process = launch();
    }

    /**
     * Starts it. Where it is missing, the test is skipped by name, and where this user may not have one of its own, or the
     * machine has one already.
     */
    static SyslogDaemon start(String name) throws IOException {
        Path binary = Peers.program("rsyslogd", name);
        if (Files.exists(SOCKET) || !Files.isWritable(SOCKET.getParent())) {
            String why = "skipped: " + name + ": " + SOCKET + " is taken, or may not be made by this user";
            System.out.println(why);
            Assumptions.abort(why);
        }
        return new SyslogDaemon(binary, Workplace.folderFor("syslog-" + name));
    }

    private Process launch() throws IOException {
        Path config = Workplace.write(folder.resolve("rsyslog.conf"), """
                global(workDirectory="%1$s" maxMessageSize="128k")
                module(load="imuxsock" SysSock.Use="off")
                input(type="imuxsock" Socket="%2$s" CreatePath="off")
                template(name="kept" type="string" string="%%syslogfacility-text%%.%%syslogseverity-text%% %%programname%% %%msg%%\\n")
                action(type="omfile" file="%1$s/messages" template="kept")
                """.formatted(folder, SOCKET));
        Process started = Workplace.listening(
                folder,
                () -> Files.exists(SOCKET),
                binary.toString(),
                "-n",
                "-f",
                config.toString(),
                "-i",
                folder.resolve("pid").toString());
        return Objects.requireNonNull(started, "rsyslogd has ended");
    }

    /** What it has written of this name: facility and severity, the name, the message. */
    List<String> messages(String program) throws IOException {
        Path file = folder.resolve("messages");
        return Files.exists(file)
                ? Workplace.wholeLines(Workplace.read(file))
                        .lines()
                        .filter(line -> line.contains(" " + program + " "))
                        .toList()
                : List.of();
    }

    void goAway() throws IOException {
        Workplace.end(process);
        Files.deleteIfExists(SOCKET);
    }

    void comeBack() throws IOException {
        process = launch();
    }

    @Override
    public void close() throws IOException {
        goAway();
    }
}

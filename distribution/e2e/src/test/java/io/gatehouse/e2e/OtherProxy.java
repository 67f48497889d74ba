package io.gatehouse.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** nginx or HAProxy, which passes on all requests of each of its ports to one other port. */
final class OtherProxy implements AutoCloseable {
    private final Process process;
    private final List<Integer> ports;

    private OtherProxy(Process process, List<Integer> ports) {
        this.process = process;
        this.ports = ports;
    }

    /** The port whose requests go to the target of this index. */
    int port(int index) {
        return ports.get(index);
    }

    static OtherProxy nginx(Path binary, List<Integer> targets) throws IOException {
        return onFreePorts(ports -> nginx(binary, targets, ports));
    }

    private static @Nullable OtherProxy nginx(Path binary, List<Integer> targets, List<Integer> ports)
            throws IOException {
        Path folder = Workplace.folderFor("nginx");
        StringBuilder config = new StringBuilder("""
                daemon off;
                master_process off;
                pid nginx.pid;
                error_log error.log crit;
                events { worker_connections 512; }
                http {
                  access_log off;
                  client_body_temp_path body;
                  proxy_temp_path proxy;
                  fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi;
                  scgi_temp_path scgi;
                  client_header_timeout 2s;
                  client_body_timeout 2s;
                """);
        for (int i = 0; i < targets.size(); i++) {
            config.append("""
                      upstream target%1$d { server 127.0.0.1:%2$d; keepalive 4; keepalive_requests 20; }
                      server {
                        listen 127.0.0.1:%3$d;
                        location / {
                          proxy_pass http://target%1$d;
                          proxy_http_version 1.1;
                          proxy_set_header Connection "";
                          proxy_set_header Host $http_host;
                          proxy_request_buffering off;
                          proxy_next_upstream off;
                          proxy_ignore_client_abort on;
                          proxy_read_timeout 5s;
                        }
                      }
                    """.formatted(i, targets.get(i), ports.get(i)));
        }
        config.append("}\n");
        Path file = Workplace.write(folder.resolve("nginx.conf"), config.toString());
        return start(
                folder, ports, binary.toString(), "-p", folder.toString(), "-e", "error.log", "-c", file.toString());
    }

    static OtherProxy haproxy(Path binary, List<Integer> targets) throws IOException {
        return onFreePorts(ports -> haproxy(binary, targets, ports));
    }

    private static @Nullable OtherProxy haproxy(Path binary, List<Integer> targets, List<Integer> ports)
            throws IOException {
        Path folder = Workplace.folderFor("haproxy");
        StringBuilder config = new StringBuilder("""
                defaults
                  mode http
                  timeout connect 5s
                  timeout client 5s
                  timeout server 5s
                  timeout http-request 2s
                  retries 0
                  http-reuse never
                """);
        for (int i = 0; i < targets.size(); i++) {
            config.append("""
                    listen proxy%1$d
                      bind 127.0.0.1:%3$d
                      server target 127.0.0.1:%2$d
                    """.formatted(i, targets.get(i), ports.get(i)));
        }
        Path file = Workplace.write(folder.resolve("haproxy.cfg"), config.toString());
        return start(folder, ports, binary.toString(), "-db", "-f", file.toString());
    }

    /** A start on these ports; null where it ends at once. */
    private interface Start {
        @Nullable
        OtherProxy on(List<Integer> ports) throws IOException;
    }

    private static OtherProxy onFreePorts(Start start) throws IOException {
        // another process may take a port between the look and the start: then others are tried
        for (int attempt = 0; attempt < 3; attempt++) {
            OtherProxy started = start.on(Workplace.freePorts(2));
            if (started != null) {
                return started;
            }
        }
        throw new AssertionError("nothing starts");
    }

    private static @Nullable OtherProxy start(Path folder, List<Integer> ports, String... command) throws IOException {
        Process process = Workplace.listening(folder, () -> ports.stream().allMatch(OtherProxy::accepts), command);
        return process == null ? null : new OtherProxy(process, ports);
    }

    /** Whether somebody listens on this port. */
    static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        Workplace.end(process);
    }
}

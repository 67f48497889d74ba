package io.gatehouse.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** nginx as upstream and as a proxy: one process, which is the worker. */
final class Nginx {
    private Nginx() {}

    static Peer.Launch launch(Path folder, String servers) throws IOException {
        Files.createDirectories(folder);
        Path config = folder.resolve("nginx.conf");
        Files.writeString(config, """
                daemon off;
                master_process off;
                worker_rlimit_nofile 16384;
                pid %1$s/pid;
                error_log %1$s/error.log;
                events { worker_connections 8192; }
                http {
                  access_log off;
                  keepalive_requests 100000000;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  %2$s
                }
                """.formatted(folder, servers));
        return new Peer.Launch(List.of("nginx", "-c", config.toString()), Map.of());
    }

    /** Starts an upstream that answers every request with this body. */
    static Program upstream(String name, Path folder, String type, String body) throws IOException {
        int port = Program.freePort();
        // nginx takes at most 4096 characters at a time
        StringBuilder parts = new StringBuilder();
        StringBuilder whole = new StringBuilder();
        for (int at = 0, i = 0; at < body.length(); at += 3000, i++) {
            parts.append("set $part").append(i).append(" '");
            parts.append(body, at, Math.min(at + 3000, body.length())).append("';\n");
            whole.append("${part").append(i).append('}');
        }
        Peer.Launch launch = launch(
                folder,
                "server { listen 127.0.0.1:" + port + " backlog=4096; location / { default_type " + type + ";\n" + parts
                        + "return 200 \"" + whole + "\"; } }");
        return Program.start(name, port, launch.command(), launch.environment(), folder.resolve("output.log"));
    }
}

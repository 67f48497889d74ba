package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.routing.RouterFlavor;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the router asks, over a socket. */
@NullUnmarked
class RouterFlavorIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private void start(String routes) throws Exception {
        rig.service = "retries: 0, routes: [" + routes + "]";
        rig.start("", rig.settings().routerFlavor(RouterFlavor.EXPRESSIONS));
    }

    private String sent() {
        String text = rig.upstream.connections().get(0).receivedText();
        return text.substring(text.lastIndexOf("GET "), text.indexOf(" HTTP/1.1", text.lastIndexOf("GET ")));
    }

    @Test
    void routesByExpressionsBeforeAllOthers() throws Exception {
        start("""
                {name: plain, methods: [GET], paths: [/a], headers: {x: ["1"]}, strip_path: false},
                {name: admin, strip_path: true, priority: 9,
                 expression: 'http.path ^= "/a/b" && any(http.queries.role) == "admin" && net.src.ip in 127.0.0.0/8'},
                {name: other, protocols: [https], expression: 'http.path == "/tls"'}
                """);
        assertThat(rig.get("/a/b/c?role=x&role=admin", "x", "1").statusCode()).isEqualTo(200);
        assertThat(sent()).isEqualTo("GET /base/c?role=x&role=admin");
        assertThat(rig.get("/a/b/c?role=x", "x", "1").statusCode()).isEqualTo(200);
        assertThat(sent()).isEqualTo("GET /base/a/b/c?role=x");
        assertThat(rig.get("/b").statusCode()).isEqualTo(404);
        assertThat(rig.get("/tls").statusCode()).isEqualTo(426);
    }

    @Test
    void knowsAnAddressInBracketsAsHost() throws Exception {
        start("""
                {name: one, hosts: ["[::1]"]},
                {name: two, expression: 'http.host == "[::2]" && net.dst.port == 81'}
                """);
        String rest = "\r\nConnection: close\r\n\r\n";
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::1]:80" + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::2]:81" + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::2]" + rest)).startsWith("HTTP/1.1 404 ");
    }
}

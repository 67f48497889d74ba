package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpstreamPathTest {
    @ParameterizedTest
    @CsvSource({
        "/,        /route,  true,  /routereq,     /req,               /req",
        "/srv,     /rou,    false, /roureq,       /srv/roureq,        /srvroureq",
        "/srv,     /rou,    true,  /roureq,       /srv/req,           /srvreq",
        "/srv/,    /rou,    true,  /rou,          /srv,               /srv/",
        "/service, /,       true,  /,             /service,           /service",
        "/service, /,       false, /,             /service,           /service",
        "/service, /,       true,  /route/,       /service/route/,    /serviceroute/",
        "/service, /,       false, /route/,       /service/route/,    /serviceroute/",
        "/service, /route,  true,  /route/,       /service/,          /service/",
        "/service, /route/, true,  /route/,       /service/,          /service",
        "/service, /route/, true,  /route/req,    /service/req,       /servicereq",
        "/service, /route,  true,  /route../req,  /service/req,       /servicereq",
        "/service, ,        true,  /route,        /service/route,     /serviceroute",
        "/service, ,        false, /route,        /service/route,     /serviceroute",
    })
    void joinsAsInTheTableOfCases(
            String service, @Nullable String route, boolean strip, String request, String v0, String v1) {
        assertThat(UpstreamPath.of(service, route, request, strip, PathHandling.V0))
                .isEqualTo(v0);
        assertThat(UpstreamPath.of(service, route, request, strip, PathHandling.V1))
                .isEqualTo(v1);
    }

    @ParameterizedTest
    @CsvSource({
        // service ends with a slash, stripped, nothing left
        "/,        /route,  true,  /route,        /",
        "/,        /route/, true,  /route/,       /",
        "/srv/,    /route/, true,  /route/,       /srv/",
        "/srv/,    /route,  true,  /route,        /srv",
        // service ends with a slash, stripped, something left
        "/srv/,    /route,  true,  /route/,       /srv/",
        "/srv/,    /route,  true,  /route/req,    /srv/req",
        "/srv/,    /route,  true,  /routereq,     /srv/req",
        // service ends with a slash, kept
        "/,        /route,  false, /route/req,    /route/req",
        "/srv/,    /route,  false, /route,        /srv/route",
        "/srv/,    ,        false, /,             /srv/",
        // service without a slash, stripped, nothing left
        "/srv,     /route,  true,  /route,        /srv",
        "/srv,     /route/, true,  /route/,       /srv/",
        "/srv,     /,       true,  /,             /srv",
        // service without a slash, stripped, something left
        "/srv,     /route,  true,  /route/req,    /srv/req",
        "/srv,     /route,  true,  /routereq,     /srv/req",
        // service without a slash, kept
        "/srv,     /route,  false, /route/,       /srv/route/",
        "/srv,     ,        false, /,             /srv",
        // dot segments that stripping uncovers
        "/srv,     /route,  true,  /route..,      /srv",
        "/srv,     /route,  true,  /route./x,     /srv/x",
        "/srv,     /route,  true,  /route..x,     /srv/..x",
    })
    void joinsByTheRules(String service, @Nullable String route, boolean strip, String request, String expected) {
        assertThat(UpstreamPath.of(service, route, request, strip, PathHandling.V0))
                .isEqualTo(expected);
    }

    @Test
    void takesAMissingServicePathAsRoot() {
        assertThat(UpstreamPath.of(null, "/a", "/a/b", true, PathHandling.V0)).isEqualTo("/b");
        assertThat(UpstreamPath.of("", null, "/a", true, PathHandling.V0)).isEqualTo("/a");
    }

    @Test
    void escapesWhatMayNotStandInARequestLine() {
        String clean = "/!#$%&'()*+,/:;=?@[]AZaz09-_.~";

        assertThat(UpstreamPath.escape(clean)).isSameAs(clean);
        assertThat(UpstreamPath.escape("/a b/\u00f8\ud83d\ude00\"<>\\^`{|}\r\n\u007f"))
                .isEqualTo("/a%20b/%C3%B8%F0%9F%98%80%22%3C%3E%5C%5E%60%7B%7C%7D%0D%0A%7F");
    }
}

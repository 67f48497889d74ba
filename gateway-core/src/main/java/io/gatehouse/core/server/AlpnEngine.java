package io.gatehouse.core.server;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.DefaultSslContextFactory;
import io.vertx.core.spi.tls.SslContextFactory;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * Offers HTTP/2 in TLS handshakes without Vert.x knowing of it, since the streams of HTTP/2 are the gateway's own, see
 * {@link ClientStreams}.
 */
final class AlpnEngine extends JdkSSLEngineOptions {
    static final String HTTP_2 = "h2";
    private static final List<String> PROTOCOLS = List.of(HTTP_2, "http/1.1", "http/1.0");

    @Override
    public AlpnEngine copy() {
        return new AlpnEngine();
    }

    @Override
    public SslContextFactory sslContextFactory() {
        return new DefaultSslContextFactory(SslProvider.JDK, false) {
            @Override
            public SslContext create() throws SSLException {
                useAlpn(true);
                applicationProtocols(PROTOCOLS);
                return super.create();
            }
        };
    }
}

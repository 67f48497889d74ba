package io.gatehouse.core.service;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.DefaultSslContextFactory;
import io.vertx.core.spi.tls.SslContextFactory;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;
import org.jspecify.annotations.Nullable;

/**
 * TLS that asks for a server by name (SNI), whatever name that is: Java by itself asks only for names with a dot and without an
 * underscore, and the Redis client has no setting for another name than the host's. Where certificates' names are checked, the
 * certificate has to be for the name that is asked for, and the host is not looked at. Immutable.
 */
public final class NamedServer extends JdkSSLEngineOptions {
    private final @Nullable String name;

    /**
     * Makes these options.
     *
     * @param name null for that of the host that is connected to
     */
    public NamedServer(@Nullable String name) {
        this.name = name;
    }

    @Override
    public NamedServer copy() {
        return new NamedServer(name);
    }

    @Override
    public SslContextFactory sslContextFactory() {
        return new DefaultSslContextFactory(SslProvider.JDK, false) {
            @Override
            public SslContext create() throws SSLException {
                return new Named(super.create());
            }
        };
    }

    private final class Named extends DelegatingSslContext {
        private Named(SslContext context) {
            super(context);
        }

        /** Java compares the certificate with the peer's host too when it is not for the name of SNI: so that is the same here. */
        @Override
        protected SslHandler newHandler(
                ByteBufAllocator allocator, String host, int port, boolean startTls, Executor executor) {
            return super.newHandler(allocator, name != null ? plain(name) : host, port, startTls, executor);
        }

        @Override
        protected void initEngine(SSLEngine engine) {
            String asked = name != null ? name : engine.getPeerHost();
            if (asked == null || NetUtil.isValidIpV4Address(asked) || NetUtil.isValidIpV6Address(asked)) {
                return;
            }
            String server;
            try {
                server = IDN.toASCII(plain(asked));
            } catch (IllegalArgumentException e) {
                return; // no name at all: the connection tells what becomes of it
            }
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new HostName(server)));
            engine.setSSLParameters(parameters);
        }
    }

    private static String plain(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** Java's own takes no underscores. */
    private static final class HostName extends SNIServerName {
        private HostName(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.UTF_8));
        }
    }
}

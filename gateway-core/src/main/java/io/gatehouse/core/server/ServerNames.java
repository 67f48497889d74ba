package io.gatehouse.core.server;

import io.vertx.core.http.HttpConnection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The server name of a TLS handshake. */
final class ServerNames {
    private ServerNames() {}

    /** The name that a client asked for; null without TLS, and when it named none. */
    static @Nullable String of(HttpConnection connection) {
        return connection.isSsl() ? of(connection.sslSession()) : null;
    }

    /** In lower case, without a last dot. */
    static @Nullable String of(@Nullable SSLSession session) {
        if (!(session instanceof ExtendedSSLSession extended)) {
            return null;
        }
        List<SNIServerName> names;
        try {
            names = extended.getRequestedServerNames();
        } catch (UnsupportedOperationException e) {
            return null;
        }
        for (SNIServerName name : names) {
            if (name instanceof SNIHostName host) {
                String text = host.getAsciiName().toLowerCase(Locale.ROOT);
                return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
            }
        }
        return null;
    }
}

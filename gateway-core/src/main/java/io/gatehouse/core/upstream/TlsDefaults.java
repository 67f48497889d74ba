package io.gatehouse.core.upstream;

import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.service.NamedServer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds for TLS with upstreams where a service says nothing.
 *
 * @param system whether the authorities are trusted that the JVM trusts
 * @param authorities certificates of authorities that are trusted too, in PEM
 * @param verifyDepth how many certificates may stand between an upstream's and that of an authority; -1 for as many as Java
 *     allows
 * @param certificate the certificate that is shown when an upstream asks for one, in PEM; null for none
 * @param key its key
 */
public record TlsDefaults(
        boolean system,
        List<String> authorities,
        int verifyDepth,
        @Nullable String certificate,
        @Nullable String key) {
    /** The JVM's authorities, and no certificate of ours. */
    public static final TlsDefaults NONE = new TlsDefaults(true, List.of(), -1, null, null);

    /** Copies the list. */
    public TlsDefaults {
        authorities = List.copyOf(authorities);
    }

    /** Sets up a client for connections with these options. */
    void apply(HttpClientOptions http, TlsOptions options) {
        http.setVerifyHost(options.verify()).setSslEngineOptions(new NamedServer(null));
        trust(http, options);
        boolean own = options.clientCertificate() != null;
        String shown = own ? options.clientCertificate() : certificate;
        String shownKey = own ? options.clientKey() : key;
        if (shown != null && shownKey != null) {
            http.setKeyCertOptions(
                    new PemKeyCertOptions().addCertValue(Buffer.buffer(shown)).addKeyValue(Buffer.buffer(shownKey)));
        }
    }

    /** Sets up whom a client trusts; whether it checks names too is for the caller to say. */
    public void trust(ClientOptionsBase client, TlsOptions options) {
        client.setTrustAll(!options.verify());
        if (options.verify()) {
            boolean usual = options.authorities().isEmpty();
            client.setTrustOptions(new Authorities(
                    usual && system,
                    usual ? authorities : options.authorities(),
                    options.verifyDepth() < 0 ? verifyDepth : options.verifyDepth()));
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "TlsDefaults[system=" + system + ", authorities=" + authorities.size() + ", verifyDepth=" + verifyDepth
                + ", certificate=" + (certificate != null) + "]";
    }
}

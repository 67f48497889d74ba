package io.gatehouse.core.server;

import io.gatehouse.core.entity.CertificateTable;
import io.gatehouse.core.entity.ServerCertificate;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows each client the certificate of the server name that it asks for, as the live configuration has it at the time of
 * the handshake; nothing is kept per name. A new configuration takes no connection with it.
 *
 * <p>Any thread. The JDK asks for an alias, and right after that, on the same thread, for what the alias means.
 */
final class ServerKeys extends X509ExtendedKeyManager {
    private static final String ALIAS = "chosen";
    private static final ThreadLocal<@Nullable ServerCertificate> CHOSEN = new ThreadLocal<>();

    private final Supplier<CertificateTable> live;
    private final Supplier<@Nullable ServerCertificate> otherwise;

    /**
     * @param live the certificates of server names
     * @param otherwise the certificate for clients that ask for none of these
     */
    ServerKeys(Supplier<CertificateTable> live, Supplier<@Nullable ServerCertificate> otherwise) {
        this.live = live;
        this.otherwise = otherwise;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        CHOSEN.remove();
        List<ServerCertificate.Live> own = live.get().find(ServerNames.of(engine.getHandshakeSession()));
        if (own == null) {
            return choose(otherwise.get(), keyType);
        }
        for (ServerCertificate.Live each : own) {
            String alias = choose(each.current(), keyType);
            if (alias != null) {
                return alias;
            }
        }
        return null;
    }

    private @Nullable String choose(@Nullable ServerCertificate certificate, String keyType) {
        if (certificate == null || !certificate.keyType().equals(keyType)) {
            return null;
        }
        CHOSEN.set(certificate);
        return ALIAS;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        ServerCertificate certificate = CHOSEN.get();
        return certificate == null ? null : certificate.chain().toArray(new X509Certificate[0]);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        ServerCertificate certificate = CHOSEN.get();
        return certificate == null ? null : certificate.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyType, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }
}

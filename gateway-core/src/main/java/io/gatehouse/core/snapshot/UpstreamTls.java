package io.gatehouse.core.snapshot;

import io.gatehouse.api.TlsOptions;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.CaCertificateEntity;
import io.gatehouse.core.entity.CertificateEntity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Pem;
import io.gatehouse.core.entity.ServiceEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What services and upstreams say about TLS, with the certificates that they refer to. */
final class UpstreamTls {
    private UpstreamTls() {}

    /** Reports references to authorities that are not there, and certificates in a vault that are none. */
    static void check(DeclarativeConfig config, Consumer<Problem> sink) {
        for (Entity entity : config.all(EntityKind.SERVICE)) {
            ServiceEntity service = (ServiceEntity) entity.value();
            List<String> authorities = service.caCertificates();
            for (String id : authorities == null ? List.<String>of() : authorities) {
                if (config.find(EntityKind.CA_CERTIFICATE, id) == null) {
                    sink.accept(at(
                            entity,
                            "ca_certificates",
                            "invalid reference 'ca_certificates: " + id + "' (no such entry in 'ca_certificates')"));
                }
            }
            usable(config, service.clientCertificateId(), entity, sink);
        }
        for (Entity entity : config.all(EntityKind.UPSTREAM)) {
            usable(config, ((UpstreamEntity) entity.value()).clientCertificateId(), entity, sink);
        }
    }

    private static void usable(
            DeclarativeConfig config, @Nullable String certificateId, Entity entity, Consumer<Problem> sink) {
        CertificateEntity certificate = certificate(config, certificateId);
        if (certificate == null) {
            return;
        }
        // others were looked at when the file was read
        if (isInVault(certificate.cert()) && Pem.certificate(certificate.cert().value()) == null) {
            sink.accept(at(entity, "client_certificate", "its 'cert' is no certificate in PEM"));
        }
        if (isInVault(certificate.key()) && Pem.privateKey(certificate.key().value()) == null) {
            sink.accept(at(entity, "client_certificate", "its 'key' is no key in PEM without passphrase"));
        }
    }

    private static boolean isInVault(Secret text) {
        return text.reference() != null;
    }

    private static Problem at(Entity entity, String field, String message) {
        return Problem.error(entity.location(), ConfigNode.child(entity.path(), field), message, null);
    }

    private static @Nullable CertificateEntity certificate(DeclarativeConfig config, @Nullable String id) {
        Entity found = id == null ? null : config.find(EntityKind.CERTIFICATE, id);
        return found == null ? null : (CertificateEntity) found.value();
    }

    /** How TLS is spoken with a service: its own certificate is shown before that of the upstream that its host names. */
    static TlsOptions of(ServiceEntity service, DeclarativeConfig config) {
        Boolean verify = service.tlsVerify();
        TlsOptions.Builder options =
                TlsOptions.builder().verify(verify == null ? config.compat().verifiesUpstreamTls() : verify);
        Integer depth = service.tlsVerifyDepth();
        if (depth != null) {
            options.verifyDepth(depth);
        }
        List<String> trusted = new ArrayList<>();
        List<String> authorities = service.caCertificates();
        for (String id : authorities == null ? List.<String>of() : authorities) {
            Entity authority = config.find(EntityKind.CA_CERTIFICATE, id);
            if (authority != null) {
                trusted.add(((CaCertificateEntity) authority.value()).cert());
            }
        }
        options.authorities(trusted);
        String shown = service.clientCertificateId();
        Entity upstream = config.find(EntityKind.UPSTREAM, service.host());
        if (shown == null && upstream != null) {
            shown = ((UpstreamEntity) upstream.value()).clientCertificateId();
        }
        CertificateEntity certificate = certificate(config, shown);
        if (certificate != null) {
            options.clientCertificate(certificate.cert(), certificate.key());
        }
        return options.build();
    }
}

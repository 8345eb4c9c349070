namespace Screening.Node.Configuration;

/// <summary>Checks of settings that relate to each other, one validator per concern.</summary>
internal static class ConfigurationValidator
{
    public static void Check(ValidationContext context)
    {
        var (http, tls) = (context.Options.Http, context.Options.Cluster.Tls);
        EndpointValidator.Check(context);
        VerdictValidator.Check(context);
        P0fValidator.Check(context);
        PolicyValidator.Check(context);
        DnsblValidator.Check(context);
        CustomValidator.Check(context);
        StoreValidator.Check(context);
        ClusterValidator.Check(context);
        BothOrNeither(context, "http.certificate", http.Certificate, "http.key", http.Key);
        BothOrNeither(context, "cluster.tls.certificate", tls.Certificate, "cluster.tls.key", tls.Key);
        if (context.Options.Otlp is { Endpoint: null, HeadersFile.Length: > 0 } otlp && context.IsSound("otlp.endpoint"))
            context.NeedsToo("otlp.headers_file", otlp.HeadersFile, "otlp.endpoint");
        ProfileValidator.Check(context);
    }

    private static void BothOrNeither(ValidationContext context, string certificate, string certificateFile, string key, string keyFile)
    {
        if ((certificateFile.Length > 0) == (keyFile.Length > 0) || !context.IsSound(certificate) || !context.IsSound(key))
            return;
        var (given, file, missing) = certificateFile.Length > 0 ? (certificate, certificateFile, key) : (key, keyFile, certificate);
        context.NeedsToo(given, file, missing);
    }
}

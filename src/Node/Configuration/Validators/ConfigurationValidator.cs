namespace Screening.Node.Configuration;

/// <summary>Checks of settings that relate to each other, one validator per concern.</summary>
internal static class ConfigurationValidator
{
    public static void Check(ValidationContext context)
    {
        var options = context.Options;
        EndpointValidator.Check(context);
        VerdictValidator.Check(context, options.Verdict, "");
        P0fValidator.Check(context, options.P0f.Rules, "");
        PolicyValidator.Check(context);
        DnsblValidator.Check(context);
        CustomValidator.Check(context, options.Customs, "");
        StoreValidator.Check(context);
        ClusterValidator.Check(context);
        BothOrNeither(context, "http.certificate", options.Http.Certificate, "http.key", options.Http.Key);
        BothOrNeither(context, "cluster.tls.certificate", options.Cluster.Tls.Certificate, "cluster.tls.key", options.Cluster.Tls.Key);
        ProfileValidator.Check(context);
    }

    private static void BothOrNeither(ValidationContext context, string certificate, string certificateFile, string key, string keyFile)
    {
        if ((certificateFile.Length > 0) == (keyFile.Length > 0) || !context.IsSound(certificate) || !context.IsSound(key))
            return;
        var (given, file, missing) = certificateFile.Length > 0 ? (certificate, certificateFile, key) : (key, keyFile, certificate);
        context.Fault(
            given,
            $"{given} is {Wording.Show(file)}; it must come with {missing}, which is empty {context.Where(missing, given)}");
    }
}

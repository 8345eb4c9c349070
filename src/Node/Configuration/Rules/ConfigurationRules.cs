namespace Screening.Node.Configuration;

/// <summary>The rules that relate settings to each other, one class per concern.</summary>
internal static class ConfigurationRules
{
    public static void Check(RuleContext context)
    {
        var options = context.Options;
        EndpointRules.Check(context);
        VerdictSettingRules.Check(context, options.Verdict, "");
        P0fRules.Check(context, options.P0f.Rules, "");
        PolicyRules.Check(context);
        DnsblRules.Check(context);
        CustomRules.Check(context, options.Customs, "");
        StoreRules.Check(context);
        ClusterRules.Check(context);
        BothOrNeither(context, "http.certificate", options.Http.Certificate, "http.key", options.Http.Key);
        BothOrNeither(context, "cluster.tls.certificate", options.Cluster.Tls.Certificate, "cluster.tls.key", options.Cluster.Tls.Key);
        ProfileRules.Check(context);
    }

    private static void BothOrNeither(RuleContext context, string certificate, string certificateFile, string key, string keyFile)
    {
        if ((certificateFile.Length > 0) == (keyFile.Length > 0) || !context.IsSound(certificate) || !context.IsSound(key))
            return;
        var (given, file, missing) = certificateFile.Length > 0 ? (certificate, certificateFile, key) : (key, keyFile, certificate);
        context.Fault(
            given,
            $"{given} is {SettingTypes.Show(file)}; it must come with {missing}, which is empty {context.Where(missing, given)}");
    }
}

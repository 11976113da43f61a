namespace FsCheck.Xunit;

/// <summary>A property does not hold, or too few cases could be generated for it.</summary>
public class PropertyFailedException : Exception
{
    /// <summary>Describes a result in FsCheck's words.</summary>
    public PropertyFailedException(TestResult testResult)
        : base(Environment.NewLine + ResultText.Whole("", testResult))
    {
    }

    /// <summary>Describes a result by a text and the exception that falsified the property.</summary>
    public PropertyFailedException(string message, Exception? innerException)
        : base(Environment.NewLine + message, innerException)
    {
    }

    internal static PropertyFailedException Of(TestResult result) =>
        result is TestResult.Failed failed && ResultText.ExceptionOf(failed) is { } exception
            ? new PropertyFailedException(ResultText.WithoutException(failed), exception)
            : new PropertyFailedException(result);
}

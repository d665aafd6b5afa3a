// XML and the CIB in it: a tree or one problem; what is written reads back equal.
import { isDeepStrictEqual } from 'node:util';
import { readCib } from '../../../core/cib/read.ts';
import { readXml, XML_MAX_DEPTH } from '../../../core/xml/read.ts';
import { formatXml, withoutFormatting, writeXml } from '../../../core/xml/write.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import { cibDocument, webServer } from '../../core/cib/cib-text.ts';
import { bytesOfText, hold, type FuzzTarget } from '../target.ts';

const decoder = new TextDecoder('utf-8');

const xmlWords = [
  ...['<', '>', '/>', '</', '<a>', '</a>', '<a/>', '="', '"', "'", '&', '&amp;', '&#0;', '&#x41;'],
  ...['<!--', '-->', '--', '<![CDATA[', ']]>', '<?xml version="1.0"?>', '<?', '?>', '<!DOCTYPE a>'],
  ...['<!ENTITY', '\r', '\n', '\t', '\ufeff', '\uffff', '\0', '😀', 'xmlns:a="b"', '__proto__'],
];

const cibWords = [
  ...['id="', 'id-ref="', ' name="', ' value="', 'INFINITY', '-INFINITY', 'true', 'PT1M', '10s'],
  ...['<nvpair id="n" name="a" value="b"/>', '<rule id="r"/>', '<ticket_state id="t"/>'],
  ...['<clone id="c"/>', '<bundle id="b"/>', '<template id="x"/>', 'template="x"'],
];

const documents = (): readonly XmlElement[] => [
  cibDocument({
    options: '<nvpair id="o-q" name="no-quorum-policy" value="ignore"/>',
    nodes:
      '<node id="1" uname="alpha"><instance_attributes id="n1"><nvpair id="n1-a" name="a" value="1"/></instance_attributes></node>',
    resources: `${webServer}<group id="g"><primitive id="a" class="ocf" provider="geobooth" type="dummy"><meta_attributes id="a-m"><nvpair id="a-m-t" name="target-role" value="Stopped"/></meta_attributes></primitive></group>`,
    constraints:
      '<rsc_ticket id="rt" ticket="t" rsc="web" loss-policy="stop"/><rsc_location id="l" rsc="g" node="alpha" score="INFINITY"/><rsc_order id="or" first="web" then="g"/><rsc_colocation id="co" rsc="g" with-rsc="web" score="-INFINITY"/>',
    more: '<rsc_defaults><meta_attributes id="rd"><nvpair id="rd-m" name="migration-threshold" value="3"/></meta_attributes></rsc_defaults><op_defaults><meta_attributes id="od"><nvpair id="od-t" name="timeout" value="20s"/></meta_attributes></op_defaults>',
    status:
      '<tickets><ticket_state id="t" granted="true" standby="false" last-granted="1700000000" expires="1" term="7" owner="1"/></tickets><node_state id="1" uname="alpha" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources><lrm_resource id="web" class="ocf" provider="heartbeat" type="apache"><lrm_rsc_op id="web_last_0" operation="start" interval="0" call-id="3" rc-code="0" op-status="0" transition-key="1:2:0:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee" exit-reason=""/></lrm_resource></lrm_resources></lrm></node_state>',
  }),
  cibDocument({ resources: webServer, more: '<acls><acl_role id="x"/></acls>' }),
  cibDocument({}),
];

const small = [
  '<a/>',
  '<?xml version="1.0" encoding="utf-8"?>\n<a b="c&#10;d">text &lt;&amp; <b/><![CDATA[ <raw> ]]><!-- word --></a>\n',
  `${'<a>'.repeat(XML_MAX_DEPTH)}${'</a>'.repeat(XML_MAX_DEPTH)}`,
];

function treeOf(text: string, what: string): XmlElement {
  const read = readXml(text);
  hold(read.ok, `${what} is refused`);
  return read.value;
}

function holdWrittenAgain(tree: XmlElement): void {
  const written = writeXml(tree);
  const again = treeOf(written, 'what was written');
  hold(isDeepStrictEqual(again, tree), 'what was written reads otherwise');
  hold(writeXml(again) === written, 'the same tree gives another text');
  const bare = withoutFormatting(tree);
  const formatted = withoutFormatting(treeOf(formatXml(bare), 'what was formatted'));
  hold(isDeepStrictEqual(formatted, bare), 'what was formatted reads otherwise');
}

export const xmlTarget: FuzzTarget = {
  name: 'xml',
  about: 'XML documents',
  seeds: () => [
    ...small.map(bytesOfText),
    ...documents().flatMap((tree) => [bytesOfText(writeXml(tree)), bytesOfText(formatXml(tree))]),
  ],
  words: xmlWords,
  check: (bytes) => {
    const read = readXml(decoder.decode(bytes));
    if (!read.ok) return read.error.code;
    holdWrittenAgain(read.value);
    return 'tree';
  },
};

export const cibTarget: FuzzTarget = {
  name: 'cib',
  about: "a site's cib.xml",
  seeds: () => documents().map((tree) => bytesOfText(formatXml(tree))),
  words: [...xmlWords, ...cibWords],
  check: (bytes) => {
    const read = readXml(decoder.decode(bytes));
    if (!read.ok) return read.error.code;
    const tree = withoutFormatting(read.value);
    const { cib, problems } = readCib(tree);
    const again = readCib(withoutFormatting(treeOf(formatXml(tree), 'what was formatted')));
    hold(isDeepStrictEqual(again, { cib, problems }), 'a CIB written and read is another one');
    for (const { message } of problems) hold(message.length < 20_000, 'a message without end');
    return [...new Set(problems.map(({ code }) => code))].sort().join(' ');
  },
};

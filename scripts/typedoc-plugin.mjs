// What typedoc.json cannot say: under which heading each public name stands in the reference, that a
// page is called what its first heading says, and that a public name in a comment is a link. Headings
// come in the order in which a program needs what is below them; a name that has none, or is gone, is
// a warning, so an error.
import { Application, Comment, CommentTag, Converter, ReflectionKind } from 'typedoc'

const HEADINGS = {
  ndcheckpoint: {
    'Objects that are saved': `NumpyState AnyArrays Variable VariableOptions VariableValue VariableState
      JsonState List Mapping MappingInput UniqueNameTracker OptimizerState SlotKey Trackable trackable
      TrackableObject PythonState NoDependency splitDependency SplitValue`,
    'Save and restore': `Checkpoint SaveOptions IncrementalOptions SaveReport RestoreOptions Remap
      RestoreStatus RestoredValue OperationOptions Progress PathInput`,
    'The checkpoints of a run': `CheckpointManager ManagerOptions ManagedSaveOptions StepCounter
      PassedOver keepBest keepEvery keepLatest RetentionPolicy SavedCheckpoint saveOnSignal
      SaveOnSignalOptions checkpointsIterator CheckpointsIteratorOptions latestCheckpoint
      getCheckpointState CheckpointState checkpointExists getCheckpointMtimes removeCheckpoint
      removeCheckpointSync RemoveOptions updateCheckpointState updateCheckpointStateSync
      UpdateStateOptions`,
    'Read a checkpoint': `openCheckpoint openCheckpointSync loadCheckpoint CheckpointReader ReadOptions
      listVariables loadVariable VariableInfo StringTensor ReadStats VerifyReport VerifyProblem`,
    'Other formats': `convert convertSync ConvertOptions exportNpy exportNpySync exportNpz exportNpzSync
      exportSafetensors exportSafetensorsSync exportTfjs exportTfjsSync importNpy importNpySync
      importNpz importNpzSync importSafetensors importSafetensorsSync importTfjs importTfjsSync
      TransferOptions NpyOptions NpzOptions SafetensorsOptions TfjsOptions ImportOptions ImportAs
      SelectOptions Filter TensorsInput TransferReport openTensors openTensorsSync OpenTensorsOptions
      TensorFile TensorInfo Format FileFormat`,
    'Views of objects': `CheckpointView CheckpointDiff TrackableView listObjects objectMetadata
      dotGraphFromCheckpoint DotGraphOptions ObjectGraph ObjectNode ObjectReference SerializedTensor
      SlotVariableReference`,
    Arrays: `zeros ndarray NdArray ElementOf Complex DType TypedArray ArrayInput ArrayParts StdlibParts
      OnnxParts toOnnx OnnxRuntime NpyDescr NpyField`,
    Errors: 'CheckpointError ErrorCode ErrorDetails CorruptReason isCheckpointError',
  },
  'ndcheckpoint/tfjs': {
    'Models and variables': `trackModel trackOptimizer trackVariables TfjsTrackable restoreByLayerName
      ByLayerNameOptions`,
    'While a model is trained':
      'checkpointCallback CheckpointCallback CheckpointCallbackOptions Progress SavedAt',
    Tensors: 'fromTensor toTensor TensorDType',
    'What is needed of TensorFlow.js': `TensorFlowJs TensorLike VariableLike WeightLike LayerLike
      ModelLike OptimizerLike`,
  },
}

const pageHeading = (path) => {
  if (/^docs\/(guide\/|README|cli)/.test(path)) return 'Guide'
  return path.startsWith('docs/') ? 'More about it' : 'The project'
}

export function load(app) {
  // Not before: the options are reset when all plugins are there.
  app.on(Application.EVENT_BOOTSTRAP_END, () => {
    const headings = Object.values(HEADINGS).flatMap((names) => Object.keys(names))
    const order = ['Guide', 'Reference', 'More about it', 'The project', ...headings]
    app.options.setValue('categoryOrder', order)
  })

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    page.frontmatter.category = pageHeading(page.name)
    page.name = /^# (.*)/.exec(page.content[0]?.text)?.[1] ?? page.name
  })

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      setCategory(module, 'Reference')
      file(module, HEADINGS[module.name] ?? {}, app.logger)
    }
    for (const reflection of Object.values(project.reflections)) linkNames(reflection, project)
  })
}

function file(module, headings, logger) {
  const left = new Map(module.children.map((child) => [child.name, child]))
  for (const [heading, names] of Object.entries(headings)) {
    for (const name of names.split(/\s+/)) {
      const child = left.get(name)
      left.delete(name)
      if (child === undefined)
        logger.warn(`${module.name} has no ${name}: see scripts/typedoc-plugin.mjs`)
      else for (const it of child.signatures ?? [child]) setCategory(it, heading)
    }
  }
  for (const name of left.keys()) {
    logger.warn(`${module.name}: ${name} has no heading in scripts/typedoc-plugin.mjs`)
  }
}

function setCategory(reflection, heading) {
  reflection.comment ??= new Comment()
  reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: heading }]))
}

/** In comments these are npm packages, not our functions of that name. */
const OTHERS = new Set(['ndarray'])

/** `Name` and `Name.member` in a comment lead to their pages, if it is not the page that they are on. */
function linkNames(reflection, project) {
  const { comment } = reflection
  if (comment === undefined) return
  for (const parts of [comment.summary, ...comment.blockTags.map(({ content }) => content)]) {
    for (const [i, { kind, text }] of parts.entries()) {
      const name = text.slice(1, -1)
      if (kind !== 'code' || !/^\w+(\.\w+)?$/.test(name) || OTHERS.has(name)) continue
      const target = findNamed(reflection, name.split('.'), project)
      if (target === undefined) continue
      parts[i] = { kind: 'inline-tag', tag: '@linkcode', text: name, target }
    }
  }
}

function findNamed(reflection, path, project) {
  const ancestors = []
  for (let at = reflection; at !== undefined; at = at.parent) ancestors.push(at)
  // First in the module of the comment: both have a Progress.
  const modules = [...ancestors, ...(project.children ?? [])].filter((at) =>
    at.kindOf(ReflectionKind.Module),
  )
  for (const module of modules) {
    const target = module.getChildByName(path)
    if (target !== undefined) return ancestors.includes(target) ? undefined : target
  }
  return undefined
}
